"""`monitor entries search`: what a typed query finds in the history, as it is found."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from itertools import islice
from time import monotonic
from typing import Annotated, Final

import typer

from monitor.cli import output
from monitor.cli.arguments import Json, Limit, Since
from monitor.cli.context import Context, NotFound, now, warn
from monitor.core.alerts.excerpt import excerpt
from monitor.model import Field
from monitor.store import alerts
from monitor.tuning.history import History, PastMatch, Step
from monitor.tuning.typed import understood
from monitor.views.entries import document

EXCERPT: Final = 200
"""Characters of a text that are shown around what was found."""
PATIENCE_S: Final = 1.0
"""Without a result for so long, a person is told how far the search is."""


def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="As a rule's `query`; in quotation marks.")],
    since: Since = None,
    feed: Annotated[str | None, typer.Option(help="Only those of this feed.")] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Search the stored entries with the language of the rules, lists included. The newest come first, as found."""
    own: Context = context.obj
    loaded = own.understood()
    rules, doubts = understood(query, loaded.config.lists)
    for doubt in doubts:
        warn(str(doubt))
    if feed is not None and feed not in loaded.config.feeds:
        raise NotFound(f'there is no feed "{feed}"; `monitor feeds list` shows those there are')
    most = output.most(limit, json=json)
    with own.asked(loaded) as store:
        history = History(store, loaded.config.feeds)
        if not history.count():
            warn("nothing is stored yet; `monitor run --once` polls the feeds")
        steps = history.search(rules, since=now() - since if since else None, feed_id=feed)
        if json:
            found = list(islice((one for step in steps for one in step.found), most))
            with store.reading() as connection:
                decided = alerts.decisions(connection, entry_ids=[one.entry.id for one in found])
            output.as_json([document(one.entry, decided) | {"spans": _spans(one)} for one in found])
            return
        zone = loaded.config.alerting.zone
        _tell(steps, _shown if sys.stdout.isatty() else _line, most=most, zone=zone)


def _tell(
    steps: Iterable[Step], written: Callable[[PastMatch, str], str], *, most: int | None, zone: str
) -> None:
    """Each entry as soon as it is found; at last how many there are, as far as that is known."""
    shown, meter = 0, _Meter()
    if not sys.stdout.isatty():
        print("\t".join(_HEADINGS))
    for step in steps:
        for one in step.found:
            if most is not None and shown == most:
                meter.clear()
                warn(
                    f"the first {most} of about {step.progress.estimate}; --limit 0 shows all, --limit N so many"
                )
                return
            meter.clear()
            print(written(one, zone), flush=True)
            shown += 1
        meter.show(step)
    meter.clear()
    warn(f"{output.counted(shown, 'entry', 'entries')} found")


class _Meter:
    """How far a search is, for a person who has seen nothing of it for a while."""

    def __init__(self) -> None:
        self._since = monotonic()
        self._is_shown = False

    def clear(self) -> None:
        self._since = monotonic()
        if self._is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._is_shown = False

    def show(self, step: Step) -> None:
        if not sys.stderr.isatty() or monotonic() - self._since < PATIENCE_S:
            return
        progress = step.progress
        done = round(100 * progress.asked / max(progress.of, 1))
        print(f"\r\x1b[K{done} % read, {progress.found} found", end="", file=sys.stderr, flush=True)
        self._is_shown = True


# ── one entry ──

_HEADINGS: Final = ("id", "first seen", "feed", "lang", "title", "where")


def _shown(one: PastMatch, zone: str) -> str:
    entry = one.entry
    seen = output.listed(entry.first_seen_at, zone)
    lines = [
        f"{entry.id}  {seen}  {entry.feed_id}  {entry.language or '-'}",
        f"    {_marked(one, Field.TITLE)}",
    ]
    if where := _elsewhere(one):
        lines.append(f"    {where}")
    return output.shown("\n".join(lines))


def _line(one: PastMatch, zone: str) -> str:
    entry = one.entry
    cells = [
        entry.id,
        output.listed(entry.first_seen_at, zone),
        entry.feed_id,
        entry.language or "-",
        _marked(one, Field.TITLE),
        _elsewhere(one) or "-",
    ]
    return "\t".join(output.shown(str(cell)).replace("\n", " ").replace("\t", " ") for cell in cells)


def _elsewhere(one: PastMatch) -> str:
    """Where it was found but in the title, around most of it."""
    fields = [span.field for span in one.match.spans if span.field is not Field.TITLE]
    if not fields:
        return ""
    field = max(dict.fromkeys(fields), key=fields.count)
    named = "" if field in {Field.SUMMARY, Field.CONTENT} else f"{field}: "
    return named + _marked(one, field)


def _marked(one: PastMatch, field: Field) -> str:
    marks = [(span.start, span.end) for span in one.match.spans if span.field is field]
    pieces = excerpt(one.document.texts().get(field, ""), marks, longest=EXCERPT)
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in pieces)


def _spans(one: PastMatch) -> list[list[object]]:
    return [[span.field, span.start, span.end] for span in one.match.spans]
