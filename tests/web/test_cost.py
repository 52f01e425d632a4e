"""What the page costs those who have none."""

import subprocess
import sys

PAGE = ("monitor.web", "starlette", "uvicorn", "python_multipart")
ASKED = f"import sys, monitor.daemon; print([one for one in sys.modules if one.startswith({PAGE})])"


def test_a_daemon_that_nobody_asks_imports_nothing_of_it():
    found = subprocess.run([sys.executable, "-c", ASKED], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
