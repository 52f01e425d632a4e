"""`site:`, `feed:`, `tag:` and `lang:`: what their values may be."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, cast

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from monitor.core.rules.tree import From
from monitor.core.text.document import hosts_of
from monitor.core.text.fold import fold
from monitor.core.text.languages import LANGUAGES, canonical
from monitor.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    raise RuleError(
        f"there is no language {value}",
        offset=place.offset,
        length=place.length,
        cure=f"{meant_language(value, 'lang:')}Languages are two letters: lang:fr",
    )


def meant_language(written: str, before: str = "") -> str:
    """The beginning of a cure: which language `written` may have been meant for; empty where nothing is near."""
    code = canonical(written)
    short = code.replace("_", "-").partition("-")[0]
    meant = short if short in LANGUAGES else _by_name().get(fold(short))
    return f"did you mean {before}{meant}? " if meant else ""


@cache
def _by_name() -> Mapping[str, str]:
    """Code by English name, own name and three-letter code, folded."""
    names: dict[str, str] = {}
    for code in sorted(LANGUAGES):
        try:
            locale = Locale.parse(code)
        except (UnknownLocaleError, ValueError):
            continue
        names |= {fold(name): code for name in (locale.english_name, locale.display_name) if name}
    aliases = get_global("language_aliases")
    names |= {alias: code for alias, code in aliases.items() if len(alias) == 3 and code in LANGUAGES}
    return names | _BIBLIOGRAPHIC


_BIBLIOGRAPHIC = {
    "alb": "sq", "arm": "hy", "baq": "eu", "bur": "my", "chi": "zh", "cze": "cs", "dut": "nl", "fre": "fr",
    "geo": "ka", "ger": "de", "gre": "el", "ice": "is", "mac": "mk", "may": "ms", "per": "fa", "rum": "ro",
    "slo": "sk", "wel": "cy",
}  # fmt: skip
"""Three-letter codes of libraries, where they differ from the others."""
