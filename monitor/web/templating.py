"""Templates of the page. Promise: whatever stands in a feed is text, never markup, and no secret is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from monitor import __version__
from monitor.core.alerts.evidence import evidence
from monitor.core.alerts.excerpt import Piece, excerpt
from monitor.core.alerts.plain import inline
from monitor.model import Field, Span
from monitor.tuning.preview import Change
from monitor.web import plots

TEMPLATES: Final = Path(__file__).parent / "templates"
LONGEST_LINK: Final = 2000

_hide: Callable[[str], str] = str
"""What takes the config's secrets out of a text."""


def hide_with(hide: Callable[[str], str]) -> None:
    """From here on texts are shown as `hide` returns them."""
    global _hide  # noqa: PLW0603 - as the log: one for the process, set when a config is taken up
    _hide = hide


def hidden(text: str) -> str:
    """The text without the config's secrets."""
    return _hide(text)


def rendered(template: str, /, **given: Any) -> str:
    return environment().get_template(template).render(given)


def warm() -> None:
    """Reads every template now, instead of when it is first asked for: a fifth of a second of processor time."""
    made = environment()
    for name in made.list_templates():
        made.get_template(name)


@cache
def environment() -> Environment:
    """Made once, when the page is first asked for."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
        auto_reload=False,
    )
    made.filters |= {
        "at": at,
        "counted": counted,
        "exact": exact,
        "length": length,
        "link": link,
        "marked": marked,
        "pieces": pieces,
        "short": short,
        "size": len,
        "why": why,
        "path": lambda text: quote(str(text), safe=""),
    }
    made.globals |= {"version": __version__, "plot": plots.svg}
    made.globals["parts"] = made.get_template("parts.html").module
    return made


def _finalized(value: object) -> object:
    """Text without secrets and without what steers or turns around its neighbours; None is nothing."""
    if value is None:
        return ""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return "\n".join(map(inline, _hide(value).split("\n")))


def exact(text: str) -> Markup:
    """The text as it is, blanks and all, for a field in which it is edited."""
    return Markup.escape(_hide(text).encode("utf-8", "replace").decode())


def link(url: str | None) -> str:
    """The address where a browser may go there, else empty: a feed may say `javascript:`."""
    if not url or len(url) > LONGEST_LINK:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""


def at(moment: datetime | None) -> Markup:
    """An instant that the reader's browser shows in its own zone; UTC where it runs no script."""
    if moment is None:
        return Markup('<span class="quiet">–</span>')
    there = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        f"{there:%Y-%m-%dT%H:%M:%SZ}", f"{there:%Y-%m-%d %H:%M}"
    )


def length(seconds: float | timedelta | None) -> str:
    """A length of time in its largest unit."""
    if seconds is None:
        return "–"
    total = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
    for unit, size_s in (("d", 86_400), ("h", 3600), ("min", 60)):
        if total >= 2 * size_s:
            return f"{total / size_s:.0f} {unit}"
    return f"{total:.0f} s"


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 feed`, `2 feeds`; `things` where an s is not enough."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}".replace(",", "\u202f")


def short(text: str, most: int = 200) -> str:
    """The text, cut where a list has no room for more."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def marked(text: str, spans: Iterable[Span], field: Field, *, longest: int = 600) -> Markup:
    """The text around what matched in that field, with the matching words marked."""
    return pieces(
        excerpt(text, [(one.start, one.end) for one in spans if one.field is field], longest=longest)
    )


def why(change: Change) -> Markup:
    """The sentence of an entry that shows best why a rule matches it; empty where it marks nothing."""
    found = evidence(change.entry, [change.match])
    return pieces(found.pieces) if found else Markup("")


def pieces(found: Iterable[Piece]) -> Markup:
    return Markup("").join(
        Markup("<mark>{}</mark>").format(_finalized(one.text))
        if one.marked
        else Markup.escape(_finalized(one.text))
        for one in found
    )
