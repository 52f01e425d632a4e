"""What people and programs are shown, wherever they look: on a terminal, on the page, through the API."""
