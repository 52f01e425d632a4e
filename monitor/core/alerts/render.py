"""A message as people read it: its subject, a text, a page.

A busy person reads it in five seconds on a phone: title, outlet and times, why, link; the rest below.
`View` is all that a template may use (`templates.py`); its texts are cleaned and cut, not escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final
from urllib.parse import urlsplit

from monitor.core.alerts.evidence import Evidence, bare, evidence, lead
from monitor.core.alerts.excerpt import Piece
from monitor.core.alerts.hours import DAYS, MONTHS, zone_of
from monitor.core.alerts.plain import is_visible, isolated, one_line
from monitor.core.alerts.sandbox import fill
from monitor.core.alerts.templates import HTML, TEXT
from monitor.core.text.urls import without_tracking
from monitor.model import AlertKind, Entry, Field, Line, Message, Report, RuleName

LONGEST_TITLE: Final = 300
"""Characters: a long headline has 150."""
LONGEST_SUBJECT: Final = 200
"""Characters; a phone shows 40, a desktop 100."""
LONGEST_NAME: Final = 80
LONGEST_NEWS: Final = 600
"""What is new, in a line: with three corrected headlines it is long, and each of them is wanted."""
LONGEST_NOTE: Final = 4000
LONGEST_URL: Final = 2000
MOST_TELLERS: Final = 4
"""Outlets that are named; the others are counted."""
MOST_REPORTS: Final = 20
"""Further reports beside the first: a page of them stays under the 102 kB at which Gmail cuts."""

MOST_LINES: Final = 20
"""Stories of a summary: two screens of a phone."""
MOST_NAMED: Final = 5
"""Outlets whose left out lines are counted by name."""
_NAMED: Final = {Field.AUTHOR, Field.CATEGORY, Field.URL}
"""Where a match would puzzle without a word about where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """One report, ready to be shown."""

    title: tuple[Piece, ...]
    """With marks only where nothing below has any."""
    outlet: str
    language: str
    times: str
    url: str | None
    lead: str
    """How its text begins; empty where there is none, `why` says it, or it is not the first report."""
    why: tuple[Piece, ...]
    """The sentence with the matching words; empty where the title has them, or nothing is to be marked."""
    why_in: str
    """Where it stands, if not in the text: "author", "category", "url"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One story of a summary, ready to be shown."""

    title: str
    outlet: str
    """Who told it first, or less, where there is nobody."""
    language: str
    spread: str
    """How many tell it, and how many did at first; empty where it is one."""
    rules: tuple[str, ...]
    urgent: bool
    new: str
    """What is new, where it was told before."""
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A message, ready to be shown."""

    heading: str
    """Above the first report: what kind of message it is, where it is not a new story."""
    note: tuple[str, ...]
    """The lines of a note."""
    report: ReportView | None
    further: tuple[ReportView, ...]
    unlisted: int
    """How many further reports, or lines, are left out."""
    unlisted_of: tuple[str, ...]
    """Of whom the lines are that are left out: "70 of Le Monde", the most first."""
    lines: tuple[LineView, ...]
    """Of a summary."""
    more: str
    """The command that shows the whole of a summary."""
    rules: tuple[str, ...]
    urgent: bool
    spread: str
    """Which outlets tell the story, in which languages; empty where it is one."""
    numbers: str
    """Of entry, story and alert: the commands want them."""
    story_url: str | None


def subject(message: Message) -> str:
    """One line for a mail's subject or a notification's title.

    Later messages of a thread answer the first one's, for good: Gmail threads only what has the same subject.
    """
    match message.kind:
        case AlertKind.NOTE:
            return one_line(f"News monitor: {message.text}", longest=LONGEST_SUBJECT)
        case AlertKind.TEST:
            return "News monitor: test message"
        case AlertKind.BURST | AlertKind.LULL:
            return one_line(message.text.partition("\n")[0], longest=LONGEST_SUBJECT)
        case AlertKind.SUMMARY | AlertKind.DIGEST:
            return one_line(_summary_subject(message), longest=LONGEST_SUBJECT)
    if message.story and not (message.first_in_thread and message.reports):
        first = message.thread_subject or message.story.title or "(untitled)"
        return one_line(f"Re: {first}", longest=LONGEST_SUBJECT)
    return (
        one_line(_headline(message.reports[0].entry), longest=LONGEST_SUBJECT)
        if message.reports
        else "News monitor"
    )


def text(message: Message) -> str:
    """Plain text; matching words stand in square brackets, writing from right to left is isolated."""
    return _filled(message, "message.txt", TEXT).strip() + "\n"


def html(message: Message) -> str:
    """An HTML page; matching words are in `<mark>`."""
    return _filled(message, "message.html", HTML)


def _filled(message: Message, name: str, shipped: str) -> str:
    """By the user's template of that name, where there is one."""
    return fill(name, message.templates.get(name, shipped), view(message))


def view(message: Message) -> View:
    """What there is to show of `message`, decided once for all templates and channels."""
    zone = zone_of(message.zone)
    further = message.reports[1:]
    unlisted = max(len(further) - MOST_REPORTS, 0) + max(len(message.lines) - MOST_LINES, 0)
    return View(
        heading=_heading(message),
        note=_note(message),
        report=_report(message.reports[0], zone) if message.reports else None,
        further=tuple(replace(_report(report, zone), lead="") for report in further[:MOST_REPORTS]),
        unlisted=unlisted,
        unlisted_of=_left_of(message.lines[MOST_LINES:]),
        lines=tuple(_line(line) for line in message.lines[:MOST_LINES]),
        more=f"monitor alerts show {message.alert_id}",
        rules=() if message.lines else _names(message.rules),
        urgent=any(rule.priority == "urgent" for rule in message.rules),
        spread=_spread(message),
        numbers=_numbers(message),
        story_url=safe_url(message.story_url),
    )


def safe_url(url: str | None) -> str | None:
    """`url` where a click on it opens a web page and it reads as what it is; else None."""
    if not url or len(url) > LONGEST_URL or " " in url or one_line(url, longest=LONGEST_URL) != url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return without_tracking(url) if parts.scheme in {"http", "https"} and parts.netloc else None


def _names(rules: tuple[RuleName, ...]) -> tuple[str, ...]:
    return tuple(one_line(rule.title or rule.id, longest=LONGEST_NAME) for rule in rules)


def _summary_subject(message: Message) -> str:
    """How many stories, why so many at once, and the one that is told most."""
    first = message.lines[0].title if message.lines else ""
    return f"{_summed(message)} – {first}" if first else _summed(message)


def _summed(message: Message) -> str:
    stories = sum(line.story_id is not None for line in message.lines)
    notes = len(message.lines) - stories
    counted = [_counted(stories, "story", "stories")] if stories else []
    counted += [_counted(notes, "note", "notes")] if notes else []
    said = " and ".join(counted)
    return f"{message.text}: {said}" if message.text else said


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _line(line: Line) -> LineView:
    spread = _tellers(line.outlets, line.languages)
    if spread and line.outlets_then < line.outlets:
        spread = f"{spread}, {line.outlets_then} at first"
    return LineView(
        title=one_line(line.title, longest=LONGEST_TITLE) or "(untitled)",
        outlet=one_line(line.outlet, longest=LONGEST_NAME),
        language=line.language or "",
        spread=spread,
        rules=_names(line.rules),
        urgent=any(rule.priority == "urgent" for rule in line.rules),
        new=one_line(line.text, longest=LONGEST_TITLE) if line.story_id is not None else "",
        url=safe_url(line.url),
    )


def _left_of(lines: Sequence[Line]) -> tuple[str, ...]:
    """What is of no outlet, such as a note, is only counted among all."""
    left = Counter(one_line(line.outlet, longest=LONGEST_NAME) for line in lines if line.outlet)
    most = left.most_common(MOST_NAMED)
    further = left.total() - sum(count for _, count in most)
    named = [f"{count} of {outlet}" for outlet, count in most]
    return (*named, f"{further} of {len(left) - len(most)} others") if further else tuple(named)


def _heading(message: Message) -> str:
    if message.lines:
        return f"{_summed(message)}."
    if message.kind is AlertKind.TEST:
        return "A test: messages of the news monitor arrive here."
    if message.kind is AlertKind.UPDATE and message.text:
        return one_line(message.text, longest=LONGEST_NEWS)
    if message.kind is AlertKind.UPDATE and not message.first_in_thread:
        return "More on a story that you were told of."
    return ""


def _note(message: Message) -> tuple[str, ...]:
    if message.kind not in {AlertKind.NOTE, AlertKind.TEST, AlertKind.BURST, AlertKind.LULL}:
        return ()
    lines = message.text[:LONGEST_NOTE].splitlines()
    return tuple(line for line in (one_line(line, longest=LONGEST_TITLE) for line in lines) if line)


def _report(report: Report, zone: tzinfo) -> ReportView:
    entry = report.entry
    shown = evidence(entry, report.matches)
    in_title = shown is not None and shown.field is Field.TITLE
    return ReportView(
        title=shown.pieces if shown and in_title else (Piece(_headline(entry)),),
        outlet=one_line(report.outlet, longest=LONGEST_NAME),
        language=entry.language or "",
        times=_times(entry, zone),
        lead=_lead(entry, shown),
        url=safe_url(entry.url),
        why=shown.pieces if shown and not in_title else (),
        why_in=shown.field.value if shown and shown.field in _NAMED else "",
    )


def _lead(entry: Entry, shown: Evidence | None) -> str:
    """How its text begins, unless that stands in the evidence."""
    said = bare("".join(piece.text for piece in shown.pieces)) if shown else ""
    start = lead(entry)
    return "" if said and start and (bare(start) in said or said in bare(start)) else start


def _headline(entry: Entry) -> str:
    """The title, or what comes closest: some feeds have none."""
    lines = (one_line(line, longest=LONGEST_TITLE) for line in (entry.title, entry.summary, entry.content))
    return next(filter(is_visible, lines), None) or safe_url(entry.url) or "(untitled)"


def _spread(message: Message) -> str:
    """`The Ledger, Le Courant and 3 more, in 2 languages (en, fr)`."""
    if message.outlets < 2:
        return ""
    named = [one_line(teller, longest=LONGEST_NAME) for teller in message.tellers[:MOST_TELLERS]]
    more = message.outlets - len(named)
    if not named:
        spread = f"{message.outlets} outlets"
    elif more > 0:
        spread = f"{', '.join(map(isolated, named))} and {more} more"
    else:
        spread = (
            f"{', '.join(map(isolated, named[:-1]))} and {isolated(named[-1])}" if named[1:] else named[0]
        )
    if len(message.languages) < 2:
        return spread
    return f"{spread}{',' if named else ''} in {len(message.languages)} languages ({', '.join(message.languages)})"


def _numbers(message: Message) -> str:
    numbers = [("entry", message.reports[0].entry.id)] if message.reports else []
    numbers += [("story", message.story.id)] if message.story else []
    return " · ".join(f"{name} {number}" for name, number in (*numbers, ("alert", message.alert_id)))


def _tellers(outlets: int, languages: tuple[str, ...]) -> str:
    if outlets < 2:
        return ""
    return f"{outlets} outlets in {len(languages)} languages" if len(languages) > 1 else f"{outlets} outlets"


def _times(entry: Entry, zone: tzinfo) -> str:
    seen = entry.first_seen_at.astimezone(zone)
    if entry.published_at is None:
        return f"seen {_day(seen)}, {_clock(seen)} {_zone_name(seen)}"
    published = entry.published_at.astimezone(zone)
    later = _clock(seen) if seen.date() == published.date() else f"{_day(seen)}, {_clock(seen)}"
    return f"{_day(published)}, {_clock(published)} {_zone_name(published)} (seen {later})"


def _day(at: datetime) -> str:
    return f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def _zone_name(at: datetime) -> str:
    name = at.tzname() or ""
    return name if name[:1].isalpha() else f"UTC{name}"
