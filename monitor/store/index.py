"""The inverted index: which entries have a key, the newest first. `core.stories.traces` says what it holds.

A question costs the same in any archive: for each key a step down the tree, and a bounded number of rows.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from monitor.core.stories.traces import NEWEST_PER_KEY, WORDS_OF_ALL, WORDS_OF_ONE_IN, Trace, filed
from monitor.store.sql import in_dialect

Told = tuple[datetime, datetime]
"""From when until when."""

MOST_COUNTED: Final = 128
"""Entries with a word that are counted; how common it is beyond that is told by how closely they follow."""


# A LIMIT for each key, never one for all: a common word would hide the rare ones, or cost a scan of the archive.
_NEWEST_OF_KEY = """
    SELECT entry_id FROM entry_key
    WHERE "key" = wanted.value AND told_at_s BETWEEN :from AND :until
    ORDER BY told_at_s DESC, entry_id DESC LIMIT :most
"""
_COUNTS = "count(*) || ',' || sum(CASE WHEN entry_id < :sampled THEN 0 ELSE 1 END) || ',' || min(entry_id)"
_OF_SQLITE = f"FROM ({_NEWEST_OF_KEY})) FROM json_each(:keys) AS wanted"
_OF_POSTGRESQL = (
    f"FROM ({_NEWEST_OF_KEY}) AS newest) "  # noqa: S608 - constants, all of it
    "FROM (SELECT value::bigint FROM json_array_elements_text(CAST(:keys AS json))) AS wanted(value)"
)
NEWEST = {
    "sqlite": text(f"SELECT wanted.value, (SELECT group_concat(entry_id) {_OF_SQLITE}"),
    "postgresql": text(f"SELECT wanted.value, (SELECT string_agg(entry_id::text, ',') {_OF_POSTGRESQL}"),
}
COUNT = {
    "sqlite": text(f"SELECT wanted.value, (SELECT {_COUNTS} {_OF_SQLITE}"),
    "postgresql": text(f"SELECT wanted.value, (SELECT {_COUNTS} {_OF_POSTGRESQL}"),
}
FILE = {
    "sqlite": text(
        "INSERT INTO entry_key SELECT value, :told_at_s, :entry_id FROM json_each(:keys) WHERE true "
        "ON CONFLICT DO NOTHING"
    ),
    "postgresql": text(
        "INSERT INTO entry_key SELECT value::bigint, :told_at_s, :entry_id "
        "FROM json_array_elements_text(CAST(:keys AS json)) ON CONFLICT DO NOTHING"
    ),
}


UNFILE = text(
    'DELETE FROM entry_key WHERE "key" = :of_key AND told_at_s = :told_at_s AND entry_id = :entry_id'
)


def postings(connection: Connection, keys: Collection[int], told: Told) -> dict[int, list[int]]:
    """For each of the keys that any entry has: the ids of its newest, at most `NEWEST_PER_KEY`."""
    rows = connection.execute(in_dialect(connection, NEWEST), _asked(keys, told, most=NEWEST_PER_KEY))
    return {key: [*map(int, ids.split(","))] for key, ids in rows if ids}


def counted(connection: Connection, keys: Collection[int], told: Told) -> dict[int, tuple[int, int | None]]:
    """For each of the keys that any entry has: about how many have it, and the least id where more may have.

    For keys that `traces.filed` leaves out of most entries.
    """
    rows = connection.execute(in_dialect(connection, COUNT), _asked(keys, told, most=MOST_COUNTED))
    found = [(key, *map(int, counts.split(","))) for key, counts in rows if counts]
    return {
        key: (rows + (WORDS_OF_ONE_IN - 1) * sampled, oldest if rows >= MOST_COUNTED else None)
        for key, rows, sampled, oldest in found
    }


def file(connection: Connection, traces: Sequence[Trace]) -> None:
    """From here on these entries are found; they are filed under what `traces.filed` says."""
    rows = [
        {
            "keys": json.dumps(sorted(filed(trace))),
            "told_at_s": int(trace.told_at.timestamp()),
            "entry_id": trace.entry_id,
        }
        for trace in traces
    ]
    if rows:
        connection.execute(in_dialect(connection, FILE), rows)


def unfile(connection: Connection, traces: Sequence[Trace]) -> None:
    """From here on they are not."""
    rows = [
        {"of_key": key, "told_at_s": int(trace.told_at.timestamp()), "entry_id": trace.entry_id}
        for trace in traces
        for key in filed(trace)
    ]
    if rows:
        connection.execute(UNFILE, rows)


def _asked(keys: Collection[int], told: Told, *, most: int) -> dict[str, object]:
    since, until = told
    return {
        "keys": json.dumps(list(keys)),
        "from": int(since.timestamp()),
        "until": int(until.timestamp()),
        "most": most,
        "sampled": WORDS_OF_ALL,
    }
