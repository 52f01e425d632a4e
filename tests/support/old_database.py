"""A database as the first committed version left it after some weeks: 10 000 entries, alerts in every state.

Made of `data/databases/0001.sql`: its rows are the pattern of all others, so nothing here has to know all columns.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.core.stories.identity import keys_of
from monitor.model import DeliveryState, FeedEntry

DUMP = Path(__file__).parents[1] / "data/databases/0001.sql"
REVISION = "0001"
MANY = 10_000
TOLD_EVERY = 20
START = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
STATES = tuple(DeliveryState)
SUMMARY = 9_000_000
"""The alert that tells those in a summary."""

SYLLABLES = "ba cor del fin gar hol jur kem lan mor nis por ras sul tev vik".split()  # noqa: SIM905 - on one line


@dataclass(frozen=True)
class Old:
    """What was written, for what must come of it."""

    entries: tuple[FeedEntry, ...]
    states: dict[int, DeliveryState]
    """Of the alerts, by their ids."""
    titles: dict[int, str]


def word_of(number):
    return "".join(SYLLABLES[number >> shift & 15] for shift in (0, 4, 8, 12)).capitalize()


def old_entry(number):
    """Each about something of its own; with what texts may hold in many languages."""
    what = word_of(number)
    told = number % TOLD_EVERY == 0
    title = f"{what} declaration signed" if told else f"{what}: das Wetter, la météo, 天気, погода"
    return FeedEntry(
        title=title,
        summary=f"{what} said: “nothing is 'certain' \\ here”, \N{GRINNING FACE} in {what}ville.",
        guid=f"guid-{number}",
        url=f"https://wire.example/{number}",
        author="Léa Brun",
        categories=("Europe", f"About {what}"),
        published_at=START - timedelta(minutes=number % 500),
    )


def write(path, count=MANY):
    """The file is such a database."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))
        pattern = {
            name: _row(connection, name) for name in ("entry", "story", "alert", "delivery", "match", "told")
        }
        pattern["alert_rule"], pattern["thread"] = _row(connection, "alert_rule"), _row(connection, "thread")
        for name in (*pattern, "entry_key"):
            connection.execute(f'DELETE FROM "{name}"')  # noqa: S608 - names of ours
        old = _Rows(pattern)
        entries = tuple(old_entry(number) for number in range(1, count + 1))
        states, titles = {}, {}
        for number, entry in enumerate(entries, 1):
            old.entry(number, entry)
            if number % TOLD_EVERY == 0:
                states[number] = STATES[number // TOLD_EVERY % len(STATES)]
                titles[number] = entry.title
                old.told(number, states[number])
        old.add(
            "alert",
            id=SUMMARY,
            story_id=None,
            entry_id=None,
            occasion="digest",
            text="A digest",
            note_key=None,
        )
        for name, rows in old.rows.items():
            columns = ", ".join(f'"{column}"' for column in rows[0])
            values = ", ".join("?" * len(rows[0]))
            connection.executemany(
                f'INSERT INTO "{name}" ({columns}) VALUES ({values})',  # noqa: S608 - names of ours
                [tuple(row.values()) for row in rows],
            )
        connection.execute("UPDATE counter SET next = 9000001")
        connection.commit()
    return Old(entries=entries, states=states, titles=titles)


class _Rows:
    def __init__(self, pattern):
        self._pattern = pattern
        self.rows = {}

    def add(self, name, **values):
        assert values.keys() <= self._pattern[name].keys(), name
        self.rows.setdefault(name, []).append(self._pattern[name] | values)

    def entry(self, number, entry):
        keys = keys_of(entry)
        self.add("story", id=number, title=entry.title)
        self.add(
            "entry",
            id=number,
            guid=entry.guid,
            url=entry.url,
            title=entry.title,
            summary=entry.summary,
            content="",
            author=entry.author,
            categories=_json(entry.categories),
            published_at=_written(entry.published_at),
            copy_of=None,
            copy_reason="",
            story_id=number,
            guid_key=keys.guid,
            alias_key=keys.alias,
            url_key=keys.url,
            fingerprint=keys.fingerprint,
            content_hash=keys.content_hash,
        )

    def told(self, number, state):
        held = state is DeliveryState.HELD
        self.add("match", entry_id=number, alert_id=number)
        self.add("alert", id=number, story_id=number, entry_id=number)
        self.add("alert_rule", alert_id=number)
        self.add("told", story_id=number, alert_id=number)
        self.add("thread", story_id=number)
        self.add(
            "delivery",
            id=f"delivery-{number}",
            alert_id=number,
            state=state.value,
            attempts=0 if state in {DeliveryState.PENDING, DeliveryState.HELD} else 1,
            lease="somebody" if state is DeliveryState.LEASED else "",
            held_for="quiet hours" if held else None,
            sent_at=_written(START) if state is DeliveryState.SENT else None,
            summary_id=SUMMARY if state is DeliveryState.SUMMARISED else None,
        )


def _row(connection, name):
    found = connection.execute(f'SELECT * FROM "{name}" LIMIT 1')  # noqa: S608 - names of ours
    return dict(zip([column[0] for column in found.description], found.fetchone(), strict=True))


def _json(texts):
    return '["' + '", "'.join(texts) + '"]'


def _written(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
