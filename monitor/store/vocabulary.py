"""The vocabulary: every word that was filed of titles, texts, authors and categories, once.

By it the word index is asked for words of which only an inside is known, on either database: neither index knows its
own words but by a look at all that it has. Words stay when their last entry has gone: then they find nothing. Of
addresses none is here: each has numbers of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

from monitor.core.text.filing import BREAK
from monitor.core.text.seeking import Filed

LONGEST: Final = 100
"""Letters of a word that are kept. What begins with so many is asked for whatever is sought in it: few have them."""
MOST_LEARNT: Final = 1 << 16
"""Words that are known to be there without asking; six megabytes. Then it starts anew."""
MOST_INFIXES: Final = 200
"""Infixes that are looked for in one question: three times as many as the shipped rule has. Whoever writes a regular
expression of thousands of alternatives has every entry asked instead."""
MOST_WORDS: Final = 5_000
"""Words that the index is asked for because of their insides: a quarter of a second. What more have says little."""
_ADD: Final = {
    "sqlite": "INSERT OR IGNORE INTO vocabulary (word) SELECT value FROM json_each(?)",
    "postgresql": (
        "INSERT INTO vocabulary (word) SELECT json_array_elements_text(CAST(%s AS json)) ON CONFLICT DO NOTHING"
    ),
}
"""All at once: one by one takes three times as long."""
_WHOLE: Final = {
    "sqlite": "SELECT group_concat(word, char(10)) FROM vocabulary",
    "postgresql": "SELECT string_agg(word, chr(10)) FROM vocabulary",
}
_LONG: Final = re.compile(rf"^.{{{LONGEST}}}$", re.MULTILINE)

_learnt: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()
"""Words that are stored or will be with the open transaction, by database."""


def learn(connection: Connection, filed: Filed) -> None:
    """The words of these entries are in the vocabulary."""
    words: set[str] = set()
    for _, one in filed:
        for column in (one.title, one.body, one.author, one.category):
            words.update(column.split())
    words.discard(BREAK)
    known = _learnt_of(connection.engine)
    new = words - known
    if not new:
        return
    if len(known) + len(new) > MOST_LEARNT:
        known.clear()
    listed = json.dumps(sorted({word[:LONGEST] for word in new}), ensure_ascii=False)
    connection.exec_driver_sql(_ADD[connection.dialect.name], (listed,))
    known |= new


def having(connection: Connection, infixes: Collection[str], *, most: int) -> dict[str, list[str]]:
    """The words that have these letters in them, by letters, and all that were cut: a word of `LONGEST` letters.

    At most so many in all, of `MOST_INFIXES` at most; the longest first. What is missing, too many words have.
    All words are read as one text: 0.05 s of 200 000, and a millisecond for each infix.
    """
    whole = connection.exec_driver_sql(_WHOLE[connection.dialect.name]).scalar() or ""
    lines, long = f"\n{whole}\n", _LONG.findall(whole)
    found: dict[str, list[str]] = {}
    for letters in sorted(infixes, key=len, reverse=True)[:MOST_INFIXES]:
        its = list(islice(_lines(lines, letters), most + 1))
        most -= len(its)
        if most < 0:
            break
        found[letters] = list(dict.fromkeys([*its, *long]))
    return found


def _lines(lines: str, letters: str) -> Iterator[str]:
    """Those that have these letters in them."""
    at = lines.find(letters)
    while at >= 0:
        end = lines.index("\n", at)
        yield lines[lines.rindex("\n", 0, at) + 1 : end]
        at = lines.find(letters, end)


def _learnt_of(engine: Engine) -> set[str]:
    """What a transaction that came to nothing has learnt is forgotten with it."""
    known = _learnt.get(engine)
    if known is None:
        known = _learnt[engine] = set()
        event.listen(engine, "rollback", lambda _connection, known=known: known.clear())
    return known
