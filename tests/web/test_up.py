"""The page as commands bring it up: the demo's, and the page alone."""

import os
import re
import select
import signal
import subprocess
import sys
import time

import httpx
import pytest
from page_rig import free_port

MONITOR = [sys.executable, "-m", "monitor"]
LIMIT_S = 90


def lines_until(stream, pattern):
    """What the process wrote, up to the line that has the pattern in it."""
    seen = []
    for line in stream:
        seen.append(line)
        if re.search(pattern, line):
            return seen
    raise AssertionError("".join(seen))


def wait_for(happens):
    """A process of its own has to come so far: nothing here can step its clock."""
    until = time.monotonic() + LIMIT_S
    while not happens():
        assert time.monotonic() < until
        select.select([], [], [], 0.1)


def is_up(address):
    try:
        return httpx.get(address).status_code == 200
    except httpx.ConnectError:
        return False


@pytest.fixture
def started():
    """Starts a command; at the end it is ended as a person would, and must have ended well."""
    running = []

    def start(*arguments, **environ):
        process = subprocess.Popen(
            [*MONITOR, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | environ,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, said
        assert "Traceback" not in said


def test_the_demo_leaves_the_page_up(started):
    process = started("demo", "--stay")
    *_, last = lines_until(process.stdout, r"The page: http://127\.0\.0\.1:\d+/")
    address = re.search(r"http://[\d.:]+/", last)[0]
    wait_for(lambda: is_up(address))  # it says where it is a moment before it is there
    text = httpx.get(address).text
    assert "Paris Declaration on security guarantees for Ukraine" in text
    assert "<mark>" in text
    wait_for(lambda: "The daemon does not run" not in httpx.get(address).text)


def test_the_page_alone(started, tmp_path):
    config = tmp_path / "config"
    subprocess.run([*MONITOR, "init", str(config)], check=True, capture_output=True)
    address = f"127.0.0.1:{free_port()}"
    process = started("--config", str(config), "--state", str(tmp_path), "web", "--listen", address)
    lines_until(process.stdout, rf"the page: http://{re.escape(address)}/")
    text = httpx.get(f"http://{address}/").text
    assert "The daemon does not run" in text
    assert "Nothing read yet" in text
    (config / "rules" / "more.toml").write_text('[[rule]]\nid = "docks"\nquery = "dockers"\n')
    wait_for(lambda: "docks" in httpx.get(f"http://{address}/rules").text)
