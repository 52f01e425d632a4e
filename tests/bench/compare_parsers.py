"""Does leaving out known entries change what is read of the others? Tries it on a folder of real documents.

    pip download --no-binary :all: --no-deps feedparser && tar xf feedparser-*.tar.gz
    python tests/bench/compare_parsers.py feedparser-*/tests

Each document is parsed whole and then several times more with some of its entries known: all, all but the first,
all but the last, each alone, a random half. Its other entries must come out equal to the whole parse's.
"""

import random
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import ParseError
from monitor.feeds.decode import to_utf8
from monitor.feeds.parse import MAX_ENTRIES, parse
from monitor.feeds.spans import packed, unpacked
from monitor.feeds.xmlfeed import _closed as closed
from monitor.feeds.xmlfeed import _read as read_document

NOW = datetime(2026, 2, 1, tzinfo=UTC)
URL = "https://feeds.example/news/rss.xml"
ALONE = 20
"""So many entries of a document are tried alone: more would take an hour for a large corpus."""


def read(body, seen=b""):
    return parse(body, content_type="", url=URL, now=NOW, seen=seen)


def selections(count):
    """Which entries are new, by their numbers."""
    yield set()
    yield {0}
    yield {count - 1}
    yield {number for number in range(count) if random.Random(number).random() < 0.5}
    for number in range(min(count, ALONE)):
        yield {number}


def judge(body):
    """ "same", "different", or why there was nothing to compare."""
    try:
        whole = read(body)
    except ParseError as error:
        return f"no feed: {error.reason}"
    if not whole.entries:
        return "no entries"
    if not whole.entry_hashes:
        return "read whole"
    document, _ = to_utf8(body, content_type="")
    if document.startswith(b"{"):
        return "JSON"  # read by json.loads in any case
    document, _ = closed(document)
    hashes = read_document(document, url=URL, max_entries=MAX_ENTRIES, seen={}).hashes
    read_before = unpacked(whole.entry_hashes)
    for new in selections(len(hashes)):
        known = [one for number, one in enumerate(hashes) if number not in new]
        narrow = read(body, seen=packed({one: read_before[one] for one in known}))
        expected = tuple(
            entry for entry, one in zip(whole.entries, hashes, strict=True) if one not in set(known)
        )
        if narrow.entries != expected or narrow.unchanged != len(known):
            return "different"
    return "same"


def main():
    random.seed(0)
    paths = [path for name in sys.argv[1:] for path in Path(name).rglob("*") if path.is_file()]
    verdicts = Counter()
    for path in sorted(paths):
        if path.suffix in {".py", ".gz", ".pyc"}:
            continue
        verdict = judge(path.read_bytes())
        verdicts[verdict] += 1
        if verdict == "different":
            print(path)
    for verdict, count in verdicts.most_common():
        print(f"{count:6} {verdict}")
    return verdicts["different"]


if __name__ == "__main__":
    sys.exit(main() > 0)
