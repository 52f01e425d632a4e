"""Where the config and the state lie: the first place in a fixed order that says so."""

from collections.abc import Mapping
from pathlib import Path

MAIN_FILE = "monitor.toml"
FEEDS_FILE = "feeds.toml"
RULES_FOLDER = "rules"


def find_folder(explicit: Path | None, *, environ: Mapping[str, str]) -> Path:
    """The config folder: `--config`, `$MONITOR_CONFIG`, `./config`, the user's, the machine's, the shipped one.

    What was named (the first two) is taken as it is, and `load` says so where it does not exist;
    the others count where they hold a `monitor.toml`.
    """
    if explicit is not None:
        return explicit
    if named := environ.get("MONITOR_CONFIG"):
        return Path(named)
    candidates = (
        Path("config"),
        _base(environ, "XDG_CONFIG_HOME", ".config") / "monitor",
        Path("/etc/monitor"),
    )
    for folder in candidates:
        if (folder / MAIN_FILE).is_file():
            return folder
    return shipped_folder()


def state_folder(explicit: Path | None, *, environ: Mapping[str, str]) -> Path:
    """The folder of the database: `--state`, `$STATE_DIRECTORY`, else the user's. It need not exist yet."""
    if explicit is not None:
        return explicit.absolute()
    if given := environ.get("STATE_DIRECTORY"):
        # systemd.exec(5): several state directories are divided by colons; ours is the first
        return Path(given.partition(":")[0]).absolute()
    return (_base(environ, "XDG_STATE_HOME", ".local/state") / "monitor").absolute()


def memory_folder(*, environ: Mapping[str, str]) -> Path | None:
    """Where the newest poll is remembered outside the state folder, whose backup would bring back the old memory.

    `$CACHE_DIRECTORY`, else the user's; None: there is no such place.
    """
    if given := environ.get("CACHE_DIRECTORY"):
        return Path(given.partition(":")[0]).absolute()
    try:
        return _base(environ, "XDG_CACHE_HOME", ".cache") / "monitor"
    except RuntimeError:  # a user without a home
        return None


def shipped_folder() -> Path:
    """The config that comes with the program: beside its reader in a wheel, at the top of a source tree."""
    here = Path(__file__).parent
    packed = here / "config" / "shipped"
    return packed if packed.is_dir() else here.parent / "config"


def _base(environ: Mapping[str, str], name: str, default: str) -> Path:
    """An XDG base directory; a relative one is ignored, as the XDG specification demands."""
    given = Path(environ.get(name, ""))
    if given.is_absolute():
        return given
    home = environ.get("HOME")
    return (Path(home) if home else Path.home()) / default
