"""Other programs that poll feeds, for `bench_poll.py --peers`: what each needs in a folder, and a cycle's command.

reader and rss2email are found in the interpreter that is named, newsboat and sfeed in PATH. None does what the
monitor does besides (rules, copies, stories): each only fetches, reads and stores, by its own defaults, but for more
requests at once where it has a switch for that. Subscribing is not measured. Nothing is sent or shown.
"""

import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

AT_ONCE = 20
"""Requests, for those that let the user choose."""


class Contestant(NamedTuple):
    name: str
    command: list[str]
    """For one cycle."""
    entries: Callable[[], int]
    """How many it has stored."""
    env: Mapping[str, str] = MappingProxyType({})
    """Set besides this process's own."""
    served_s: Callable[[], float] = float
    """Processor time, so far, of a server that works for it."""


def reader(folder: Path, urls: Sequence[str], python: str) -> Contestant | None:
    """lemon24/reader, whose update is told to ask every feed, due or not."""
    if not has_module(python, "reader"):
        return None
    me, database = [python, __file__], str(folder / "reader.db")
    subprocess.run([*me, "subscribe", database], input="\n".join(urls), text=True, check=True)
    return Contestant("reader", [*me, "update", database], lambda: rows(database, "entries"))


def rss2email(folder: Path, urls: Sequence[str], python: str) -> Contestant | None:
    """It makes each message, and does not send it."""
    if not has_module(python, "rss2email"):
        return None
    feeds = "".join(f"[feed.f{number}]\nurl = {url}\n" for number, url in enumerate(urls))
    config, data = folder / "rss2email.cfg", folder / "rss2email.json"
    config.write_text(f"[DEFAULT]\nto = desk@example.org\nverbose = error\n{feeds}")
    start = "import sys; from rss2email.main import run; sys.exit(run())"
    command = [python, "-c", start, "-c", str(config), "-d", str(data), "run", "--no-send"]
    return Contestant(
        "rss2email",
        command,
        lambda: sum(len(feed["seen"]) for feed in json.loads(data.read_text())["feeds"]),
    )


def newsboat(folder: Path, urls: Sequence[str], _python: str) -> Contestant | None:
    program = shutil.which("newsboat")
    if program is None:
        return None
    (folder / "urls").write_text("\n".join(urls) + "\n")
    (folder / "config").write_text(f"reload-threads {AT_ONCE}\n")
    cache = str(folder / "cache.db")
    command = [program, "-u", str(folder / "urls"), "-c", cache, "-C", str(folder / "config"), "-x", "reload"]
    env = {"HOME": str(folder), "TERM": "dumb"}
    return Contestant("newsboat", command, lambda: rows(cache, "rss_item"), env)


def sfeed(folder: Path, urls: Sequence[str], _python: str) -> Contestant | None:
    """A shell script around curl. Of itself it asks for the whole document each time; here curl keeps the ETag."""
    program = shutil.which("sfeed_update")
    if program is None or shutil.which("curl") is None:
        return None
    (folder / "etags").mkdir()
    feeds = "".join(f"\tfeed f{number} {url}\n" for number, url in enumerate(urls))
    (folder / "sfeedrc").write_text(
        f"sfeedpath={folder}/feeds\nmaxjobs={AT_ONCE}\n"
        "fetch() {\n"
        f'\tcurl -L --max-redirs 0 -H "User-Agent:" -f -s -m 60 --etag-save "{folder}/etags/$1" '
        f'--etag-compare "{folder}/etags/$1" "$2" 2>/dev/null\n'
        "}\n"
        f"feeds() {{\n{feeds}}}\n"
    )
    return Contestant(
        "sfeed",
        [program, str(folder / "sfeedrc")],
        lambda: sum(path.read_bytes().count(b"\n") for path in (folder / "feeds").iterdir()),
    )


PEERS: dict[str, Callable[[Path, Sequence[str], str], Contestant | None]] = {
    "reader": reader,
    "rss2email": rss2email,
    "newsboat": newsboat,
    "sfeed": sfeed,
}


def peers(folder: Path, urls: Sequence[str], python: str) -> tuple[list[Contestant], list[str]]:
    """Those that this machine has, each set up in a folder of its own below this one; the names of the others."""
    there, missing = [], []
    for name, set_up in PEERS.items():
        own = folder / name
        own.mkdir(parents=True)
        contestant = set_up(own, urls, python)
        if contestant is None:
            missing.append(name)
        else:
            there.append(contestant)
    return there, missing


def rows(database: str | Path, table: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own words


def has_module(python: str, name: str) -> bool:
    if python == sys.executable:
        return importlib.util.find_spec(name) is not None
    return (
        subprocess.run([python, "-c", f"import {name}"], stderr=subprocess.DEVNULL, check=False).returncode
        == 0
    )


def main(what: str, database: str) -> None:
    """Runs in the interpreter that has reader."""
    sys.path.remove(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - no import for a contestant
    from reader import make_reader  # noqa: PLC0415 - only the process that is reader has it

    one = make_reader(database)
    if what == "subscribe":
        for url in sys.stdin.read().split():
            one.add_feed(url)
    else:
        one.update_feeds(scheduled=False, workers=AT_ONCE)


if __name__ == "__main__":
    main(*sys.argv[1:])
