"""`monitor status` beside a daemon that is not the one that is asked for."""

import os

import pytest
from house import House
from typer.testing import CliRunner

from monitor.cli.app import app
from monitor.store.presence import FILE, Presence, present


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    house.settings["alerting"]["default"] = ["console"]
    house.feed("wire", "https://wire.example/feed")
    house.rule("paris", "declaration")
    house.write()
    return house


def status(house, *options):
    folders = ["--config", str(house.folder), "--state", str(house.state)]
    return CliRunner().invoke(app, [*folders, "status", *options])


def own(house, **other):
    return Presence(
        **{"pid": os.getpid(), "config": str(house.folder), "database": str(house.database)} | other
    )


SAYS = {
    "the same": ({}, []),
    "another config": ({"config": "/etc/monitor"}, ["runs with another config: /etc/monitor"]),
    "another database": (
        {"database": "postgresql://db.example/monitor"},
        ["runs on another database: postgresql://db.example/monitor"],
    ),
    "both": (
        {"config": "/etc/monitor", "database": "/var/lib/monitor/monitor.db"},
        ["another config: /etc/monitor", "another database: /var/lib/monitor/monitor.db"],
    ),
}


@pytest.mark.parametrize("case", SAYS.values(), ids=SAYS)
def test_a_daemon_on_another_config_or_database_is_said(house, case):
    differs, says = case
    with present(house.state, own(house, **differs)):
        shown = " ".join(status(house).output.split())
    assert any(word in shown for word in ("runs with another", "runs on another")) == bool(says)
    for line in says:
        assert f"process {os.getpid()}" in shown
        assert line in shown


def test_what_ails_it_is_said_without_the_database(house):
    with present(house.state, own(house)) as show:
        show(["a feed has been due for 960 s, and no poll goes on"])
        shown = status(house)
        assert "no poll goes on" in " ".join(shown.output.split())
        assert shown.exit_code == 1
        show([])
        assert "no poll goes on" not in status(house).output


@pytest.mark.parametrize(
    "left", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "config": "/etc", "database": "x"}', "\0"]
)
def test_what_a_dead_daemon_left_is_never_believed(house, left):
    house.state.mkdir()
    (house.state / FILE).write_text(left)
    shown = status(house)
    assert "runs" not in shown.output.replace("`monitor run`", "")
    assert shown.exit_code == 1
