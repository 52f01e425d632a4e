"""Labels with their entries: out of the database, to and from JSON lines, and back into any database.

    {"label": "missed", "rule": "ports", "feed": "quay", "guid": "…", "url": "…", "title": "…",
     "summary": "…", "content": "…", "language": "en", "published_at": "2026-03-02T05:40:00+00:00",
     "labelled_at": "…"}

`label`, and `title` or a text, must be there. `label` may be true or false for right and wrong; `text` stands for
`content`. What else a line says is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from monitor.core.stories.identity import keys_of
from monitor.errors import MonitorError, Place
from monitor.model import Entry, FeedEntry, Label, Mark
from monitor.store import entries, labels


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledText:
    """A label with enough of its entry to be used without the database that it was given in."""

    mark: Mark
    rule_id: str = ""
    """Empty: the line names none."""
    title: str = ""
    summary: str = ""
    content: str = ""
    language: str | None = None
    feed_id: str = ""
    guid: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    labelled_at: datetime | None = None

    @classmethod
    def of(cls, label: Label, entry: Entry) -> LabelledText:
        return cls(
            mark=label.mark,
            rule_id=label.rule_id,
            title=entry.title,
            summary=entry.summary,
            content=entry.content,
            language=entry.language,
            feed_id=entry.feed_id,
            guid=entry.guid,
            url=entry.url,
            published_at=entry.published_at,
            labelled_at=label.labelled_at,
        )


class LabelError(MonitorError):
    """A line is no label."""


def stored(connection: Connection, *, rule_id: str | None = None) -> list[LabelledText]:
    """What was said, of one rule or of all, the oldest first."""
    found = labels.listed(connection, rule_id=rule_id)
    about = {one.id: one for one in entries.by_ids(connection, {label.entry_id for label in found})}
    return [LabelledText.of(one, about[one.entry_id]) for one in found if one.entry_id in about]


def entry_of(connection: Connection, text: LabelledText) -> int | None:
    """The newest stored entry that it is about: by its feed's own keys, else by address and title in any feed."""
    keys = keys_of(FeedEntry(title=text.title, guid=text.guid, url=text.url))
    known = entries.known(connection, text.feed_id, [keys]) if text.feed_id else []
    by_guid = [one.entry_id for one in known if keys.guid is not None and one.keys.guid == keys.guid]
    titled = [one.entry_id for one in known if one.title == text.title]
    return max(by_guid or titled, default=None) or (
        entries.at_address(connection, text.url, title=text.title) if text.url else None
    )


def written(texts: Iterable[LabelledText]) -> Iterator[str]:
    """A line each, without its end; what is empty is left out."""
    for one in texts:
        values = {
            "label": one.mark.value,
            "rule": one.rule_id,
            "feed": one.feed_id,
            "guid": one.guid,
            "url": one.url,
            "title": one.title,
            "summary": one.summary,
            "content": one.content,
            "language": one.language,
            "published_at": one.published_at and one.published_at.isoformat(),
            "labelled_at": one.labelled_at and one.labelled_at.isoformat(),
        }
        yield json.dumps({name: value for name, value in values.items() if value}, ensure_ascii=False)


def read(lines: Iterable[str], *, file: str) -> list[LabelledText]:
    """Raises LabelError, with the line and the cure, where one is none; empty lines are none that is missed."""
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            found.append(_label(line, Place(file, number)))
    return found


def _label(line: str, place: Place) -> LabelledText:
    try:
        given = json.loads(line.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise LabelError(f"{place}: no JSON ({error}): write one object a line") from error
    if not isinstance(given, dict):
        raise LabelError(f'{place}: no object: write {{"label": "right", "rule": "…", "title": "…"}}')
    texts = {name: _text(given, name, place) for name in ("title", "summary", "content", "text")}
    if not any(texts.values()):
        raise LabelError(f"{place}: neither a title nor a text: a label is about an entry")
    return LabelledText(
        rule_id=_text(given, "rule", place),
        mark=_mark(given.get("label"), place),
        title=texts["title"],
        summary=texts["summary"],
        content=texts["content"] or texts["text"],
        language=_text(given, "language", place) or None,
        feed_id=_text(given, "feed", place),
        guid=_text(given, "guid", place) or None,
        url=_text(given, "url", place) or None,
        published_at=_instant(given, "published_at", place),
        labelled_at=_instant(given, "labelled_at", place),
    )


def _mark(value: Any, place: Place) -> Mark:
    if isinstance(value, bool):
        return Mark.RIGHT if value else Mark.WRONG
    try:
        return Mark(value)
    except ValueError as error:
        known = ", ".join(Mark)
        raise LabelError(f'{place}: "label" is {json.dumps(value)[:60]}: it is one of {known}') from error


def _text(given: dict[str, Any], name: str, place: Place) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise LabelError(f'{place}: "{name}" is no text: put it between quotes')
    return value.replace("\0", "").encode(errors="replace").decode()


def _instant(given: dict[str, Any], name: str, place: Place) -> datetime | None:
    text = _text(given, name, place)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise LabelError(f'{place}: "{name}" is {text[:40]}: write 2026-01-06T20:00:00Z') from error
