"""The words to the service manager, on a real datagram socket."""

import os
import socket

import pytest

from monitor.systemd import Notifier


@pytest.fixture
def manager(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(5)
        listener.bind(str(tmp_path / "notify"))
        yield listener


def test_each_sign_is_one_datagram(manager, tmp_path):
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    notifier.ready("12 feeds")
    notifier.status("13 feeds")
    notifier.watchdog()
    notifier.stopping()
    said = [manager.recv(4096).decode() for _ in range(4)]
    assert said == ["READY=1\nSTATUS=12 feeds", "STATUS=13 feeds", "WATCHDOG=1", "STOPPING=1"]


def test_a_reload_carries_the_time_that_the_manager_asks_for(manager, tmp_path):
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}).reloading()
    first, _, stamp = manager.recv(4096).decode().partition("\nMONOTONIC_USEC=")
    assert first == "RELOADING=1"
    assert int(stamp) > 0


@pytest.mark.skipif(not os.path.exists("/proc"), reason="the abstract namespace is Linux's own")  # noqa: PTH110
def test_an_address_of_the_abstract_namespace_is_understood():
    name = f"monitor-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(5)
        listener.bind(f"\0{name}")
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).watchdog()
        assert listener.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_without_a_manager_nothing_happens(environ):
    Notifier(environ).ready("12 feeds")


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_for_the_process_that_it_names(environ, seconds):
    assert Notifier(environ).watchdog_s == seconds
