"""Lists of feeds that other programs keep: OPML, newsboat's urls, rss2email's configuration, one address a line.

All of them become outlines with a place.
"""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from monitor.config.files import read_bytes
from monitor.config.opml import Outline, read_opml, usable
from monitor.config.opml_text import decoded
from monitor.errors import ConfigError, Place, Problem, Severity

_SECTION = re.compile(r"^\[(?:DEFAULT|feed\.[^\]]+)\]\s*$", re.MULTILINE)
"""What rss2email's configuration has, and no list of addresses."""
_NAMED = re.compile(r"^feed\.(.+)$")
_OPTION_OF_NEWSBOAT = ("query:", "filter:", "exec:")
"""What newsboat makes feeds of by itself: there is no address to poll."""


def read_list(path: Path) -> tuple[tuple[Outline, ...], tuple[Problem, ...]]:
    """The feeds of a list of any of these kinds, each once, and what is wrong with it. Raises `ConfigError`."""
    text = decoded(read_bytes(path))
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return read_opml(path)
    found = _rss2email(text, str(path)) if _SECTION.search(text) else _lines(text, str(path))
    read = list(found)
    outlines, problems = usable(one for one in read if isinstance(one, Outline))
    if not outlines:
        message = "there is no feed in it"
        cure = "write an address a line, or give an OPML file, newsboat's urls or rss2email's configuration"
        raise ConfigError([Problem(Place(str(path)), message, cure)])
    return outlines, (*(one for one in read if isinstance(one, Problem)), *problems)


def _lines(text: str, file: str) -> Iterator[Outline | Problem]:
    """`ADDRESS`, or as newsboat has it `ADDRESS "a tag" "~its title" "!"`; what follows a # is a remark."""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        place = Place(file, number, 1)
        try:
            url, *words = shlex.split(stripped)
        except ValueError:  # a quotation mark that nothing closes
            url, *words = stripped.split()
        if url.startswith(_OPTION_OF_NEWSBOAT):
            kind = url.partition(":")[0]
            message = f"left out: newsboat makes this feed itself ({kind}:)"
            yield Problem(place, message, severity=Severity.WARNING)
            continue
        titles = [word[1:] for word in words if word.startswith("~")]
        tags = frozenset(word for word in words if not word.startswith(("~", "!", "#")))
        yield Outline(url=url, title=titles[0] if titles else "", tags=tags, place=place)


def _rss2email(text: str, file: str) -> Iterator[Outline]:
    """Its `[feed.NAME]` sections; those that are switched off are left out, as there."""
    lines = {line.strip(): number for number, line in enumerate(text.splitlines(), 1)}
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        place = Place(file, getattr(error, "lineno", 0))
        raise ConfigError(
            [Problem(place, f"as rss2email's configuration it cannot be read: {error.message}")]
        ) from error
    for section in parser.sections():
        named = _NAMED.match(section)
        url = parser.get(section, "url", fallback="") or ""
        if named is None or not url or parser.get(section, "active", fallback="True").lower() == "false":
            continue
        yield Outline(url=url, title=named[1], place=Place(file, lines.get(f"[{section}]", 1), 1))
