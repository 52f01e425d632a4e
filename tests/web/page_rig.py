"""What the tests of the page share."""

import socket

TOKEN = "correct-horse-battery-staple"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]
