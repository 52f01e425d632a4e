"""CPU time of reading feeds: the labelled stories, and one of usual size made of them (30 entries, 70 kB),
whole and where all but a few of its entries are known.

python tests/bench/bench_parse.py [--profile]
"""

import cProfile
import pstats
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from monitor.feeds.parse import parse

STORIES = Path(__file__).parent.parent / "data" / "stories"
NOW = datetime(2026, 2, 1, tzinfo=UTC)
ENTRIES, ENTRY_BYTES = 30, 2_300


def usual(first=0):
    """A feed as the web's are on average: 95 real ones had 71 kB and 30 entries. `first` is its first's number."""
    paragraph = (
        "<p>Les dirigeants de la <b>coalition</b> des volontaires sont réunis à l’Élysée &amp; ailleurs.</p>"
    )
    content = paragraph * (ENTRY_BYTES // len(paragraph.encode()) - 3)
    items = "".join(
        f"<item><title>Déclaration de Paris, nº {number}</title><link>https://a.example/{number}</link>"
        f"<guid>https://a.example/{number}</guid><pubDate>Tue, 06 Jan 2026 21:15:00 +0100</pubDate>"
        f"<description>{'Un résumé. ' * 20}</description>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded></item>"
        for number in range(first, first + ENTRIES)
    )
    namespace = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    return f'<rss version="2.0" {namespace}><channel><title>T</title>{items}</channel></rss>'.encode()


def read(body, seen=b""):
    return parse(body, content_type="", url="https://a.example/feed", now=NOW, seen=seen)


def measure(name, bodies, rounds=20, seen=b""):
    times = []
    for _ in range(rounds):
        began = time.process_time()
        for body in bodies:
            read(body, seen)
        times.append(time.process_time() - began)
    size = sum(map(len, bodies)) / len(bodies) / 1000
    print(
        f"{name}: {statistics.median(times) / len(bodies) * 1000:.1f} ms a feed of {size:.0f} kB on average"
    )


if __name__ == "__main__":
    stories = [
        path.read_bytes()
        for path in STORIES.iterdir()
        if path.name not in {"labels.json", "entries.dev.jsonl"}
    ]
    if "--profile" in sys.argv:
        with cProfile.Profile() as profile:
            measure("a usual feed", [usual()])
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    else:
        measure("the labelled stories", stories)
        measure("a usual feed", [usual()])
        for new in (0, 1, 5):
            measure(f"{new} new of {ENTRIES}", [usual()], seen=read(usual(new)).entry_hashes)
