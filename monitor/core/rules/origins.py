"""`site:`, `feed:`, `tag:` and `lang:`: what their values may be."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal, cast

from monitor.core.rules.tree import From
from monitor.core.text.document import hosts_of
from monitor.core.text.languages import LANGUAGES, canonical
from monitor.errors import RuleError

if TYPE_CHECKING:
    from monitor.core.rules.tree import At


def read_origin(kind: str, value: str, *, place: At) -> From:
    """The clause `kind:value`. RuleError where there can be no such host or language."""
    value = value.strip()
    if not value:
        raise RuleError(
            f"{kind}: needs a value",
            offset=place.offset,
            length=place.length,
            cure=f"write {_EXAMPLES[kind]}",
        )
    if kind == "site":
        value = _host(value, place)
    elif kind == "lang":
        value = _language(value, place)
    return From(cast("Literal['site', 'feed', 'tag', 'lang']", kind), value, place=place)


_EXAMPLES = {"site": "site:lemonde.fr", "feed": "feed:lemonde", "tag": "tag:europe", "lang": "lang:fr"}


def _host(value: str, place: At) -> str:
    address = value if "//" in value else f"//{value}"
    hosts = hosts_of(address)
    bare = hosts[0].removeprefix("www.") if hosts else ""
    if not bare or "/" in value or ":" in value:
        raise RuleError(
            "site: takes a host, without https:// or a path",
            offset=place.offset,
            length=place.length,
            cure=f"write site:{bare or 'lemonde.fr'}",
        )
    return bare


def _language(value: str, place: At) -> str:
    code = canonical(value)
    if code in LANGUAGES:
        return code
    short = canonical(value[:2])
    close = (
        [short] if "-" in value and short in LANGUAGES else get_close_matches(code, sorted(LANGUAGES), n=1)
    )
    raise RuleError(
        f"there is no language {value}",
        offset=place.offset,
        length=place.length,
        cure=(f"did you mean lang:{close[0]}? " if close else "") + "Languages are two letters: lang:fr",
    )
