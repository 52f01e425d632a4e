"""OPML 2.0 lists of feeds, as other readers export and import them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import Place, Problem
from monitor.model import Feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed as an OPML file lists it."""

    url: str
    title: str = ""
    tags: frozenset[str] = frozenset()
    """The names of the folders around it, and its categories, as tags."""
    id: str = ""
    """Ours alone: written by `write_opml`, empty in other programs' files."""
    place: Place


def read_opml(path: Path) -> tuple[tuple[Outline, ...], tuple[Problem, ...]]:
    """The feeds of an OPML file in its order, and what is wrong with it; broken files give what they hold."""
    raise NotImplementedError


def write_opml(feeds: Iterable[Feed], *, secrets: frozenset[str]) -> str:
    """An OPML document of these feeds, without credentials: an address that holds a secret is left out."""
    raise NotImplementedError
