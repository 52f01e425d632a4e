from pathlib import Path

import pytest

from monitor.config import find_folder, shipped_folder, state_folder

HOME = Path.home()


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Every place that is looked at and can be made, in the order in which it is looked at; and the environment."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    environ = {
        "MONITOR_CONFIG": str(tmp_path / "named"),
        "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
        "HOME": str(tmp_path / "home"),
    }
    folders = [Path("config"), tmp_path / "xdg" / "monitor"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "monitor.toml").touch()
    return folders, environ


def test_the_first_place_that_says_so_is_the_config(places):
    (local, xdg), environ = places
    assert find_folder(Path("given"), environ=environ) == Path("given")
    assert find_folder(None, environ=environ) == Path(environ.pop("MONITOR_CONFIG"))
    assert find_folder(None, environ=environ) == local
    (local / "monitor.toml").unlink()
    assert find_folder(None, environ=environ) == xdg
    (xdg / "monitor.toml").unlink()
    if not Path("/etc/monitor/monitor.toml").exists():
        assert find_folder(None, environ=environ) == shipped_folder()


def test_without_xdg_the_users_own_config_is_in_their_home(places):
    (local, _), environ = places
    (local / "monitor.toml").unlink()
    own = Path(environ["HOME"]) / ".config" / "monitor"
    own.mkdir(parents=True)
    (own / "monitor.toml").touch()
    assert find_folder(None, environ={"HOME": environ["HOME"]}) == own
    assert find_folder(None, environ={"HOME": environ["HOME"], "XDG_CONFIG_HOME": "relative"}) == own


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"STATE_DIRECTORY": "/var/lib/monitor", "XDG_STATE_HOME": "/x"}, "/var/lib/monitor"),
        ({"STATE_DIRECTORY": "/var/lib/monitor:/var/lib/other"}, "/var/lib/monitor"),
        ({"XDG_STATE_HOME": "/x", "HOME": "/home/me"}, "/x/monitor"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.local/state/monitor"),
        ({"HOME": "/home/me"}, "/home/me/.local/state/monitor"),
        ({}, str(HOME / ".local/state/monitor")),
    ],
)
def test_the_state_lies_where_systemd_or_the_user_keeps_it(environ, expected):
    assert state_folder(None, environ=environ) == Path(expected)


def test_a_given_state_folder_comes_before_all_and_is_absolute():
    given = state_folder(Path("here"), environ={"STATE_DIRECTORY": "/var/lib/monitor"})
    assert given == Path.cwd() / "here"


def test_the_shipped_config_is_there():
    assert (shipped_folder() / "monitor.toml").is_file()
