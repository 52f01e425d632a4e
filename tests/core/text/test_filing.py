"""How an entry is filed in the word index: a change of it must be noticed, since what is filed is taken out again by
the same words."""

import json
from hashlib import blake2b
from pathlib import Path

from monitor.core.text.filing import FILING_VERSION, words_of
from monitor.model import FeedEntry

LABELLED = Path(__file__).parents[2] / "data" / "stories" / "entries.dev.jsonl"
FILED = {1: "23ea381ee0d9a65f", 2: "23ea381ee0d9a65f"}
"""By version, what the labelled entries in nineteen languages come to. Whoever divides or folds words otherwise
adds a line here and one to `FILING_VERSION`: every archive is then filed anew at its next start."""


def labelled() -> list[FeedEntry]:
    return [
        FeedEntry(
            title=one["title"], summary=one["summary"] or "", content=one["content"] or "", url=one["url"]
        )
        for one in map(json.loads, LABELLED.read_text().splitlines())
    ]


def test_whoever_files_otherwise_says_so_in_the_version():
    columns = [words_of(one).columns() for one in labelled()]
    assert FILED[FILING_VERSION] == blake2b(repr(columns).encode(), digest_size=8).hexdigest()


def test_the_words_of_an_entry_are_told_once_each_without_the_break_between_texts():
    filed = words_of(FeedEntry(title="Paris talks", summary="Talks end.", content="In Paris they say: no."))
    assert filed.body == "talks end ¶ in paris they say no"
    assert filed.told() == {"paris", "talks", "end", "in", "they", "say", "no"}
