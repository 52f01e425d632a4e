"""What hostile documents of 32 MiB cost: seconds and peak memory of a process that reads one, and what it says.

python tests/bench/bench_bombs.py [--mib 32]
"""

import argparse
import multiprocessing
import resource
import sys
import time
from datetime import UTC, datetime

from monitor.errors import ParseError
from monitor.feeds.parse import parse

LIMIT_S = 20.0
"""What a worker gets (`feeds.workers`)."""
NOW = datetime(2026, 2, 1, tzinfo=UTC)
JSON = b'{"version": "https://jsonfeed.org/version/1", "items": ['
# Each: what stands before, what is repeated, what stands behind.
RSS = b'<rss version="2.0"><channel>', b"</channel></rss>"
ITEM = RSS[0] + b"<item><title>", b"</title></item>" + RSS[1]
TEXT = RSS[0] + b"<item><description>", b"</description></item>" + RSS[1]
SHAPES = {
    "one long title": (ITEM[0], b"x", ITEM[1]),
    "one long text of words": (TEXT[0], b"word ", TEXT[1]),
    "escaped tags": (TEXT[0], b"&lt;b&gt;", TEXT[1]),
    "character references": (TEXT[0], b"&#x430;", TEXT[1]),
    "bad ampersands": (TEXT[0], b"& ", TEXT[1]),
    "unknown entities": (TEXT[0], b"&nope;", TEXT[1]),
    "items": (RSS[0], b"<item><title>a</title></item>", RSS[1]),
    "empty items": (RSS[0], b"<item/>", RSS[1]),
    "categories in one item": (RSS[0] + b"<item>", b"<category>a</category>", b"</item>" + RSS[1]),
    "open elements": (RSS[0], b"<a>", b""),
    "open elements in a title": (ITEM[0], b"<b>", ITEM[1]),
    "open items": (RSS[0], b"<item>", RSS[1]),
    "attributes without values": (RSS[0] + b"<item ", b"a ", b"/>" + RSS[1]),
    "attribute of megabytes": (RSS[0] + b"<item a='", b"x", b"'/>" + RSS[1]),
    "comments": (RSS[0], b"<!-- a -->", b"<item><title>a</title></item>" + RSS[1]),
    "open comments": (RSS[0], b"<!--", RSS[1]),
    "open CDATA": (TEXT[0], b"<![CDATA[", TEXT[1]),
    "angle brackets": (RSS[0], b"<", b"<item><title>a</title></item>" + RSS[1]),
    "sitemap pages": (b"<urlset>", b"<url><loc>a</loc><news><title>a</title></news></url>", b"</urlset>"),
    "JSON arrays": (JSON, b"[", b"]}"),
    "JSON items": (JSON, b'{"id": "1"},', b"{}]}"),
    "a page of tags": (b"<html>", b"<div>", b""),
}


def body(shape, mib):
    before, repeated, behind = SHAPES[shape]
    return before + repeated * (mib * 2**20 // len(repeated)) + behind


def read(shape, mib, answer):
    document, began = body(shape, mib), time.process_time()
    try:
        feed = parse(document, content_type="", url="https://feeds.example/", now=NOW)
        said = f"{len(feed.entries)} entries"
    except ParseError as error:
        said = str(error)[:60]
    except MemoryError:
        said = "out of memory"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send((time.process_time() - began, peak, said))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--mib", type=int, default=32)
    mib = arguments.parse_args().mib
    context = multiprocessing.get_context("spawn")
    print(f"{'shape':28} {'CPU s':>6} {'MiB':>6}  says")
    for shape in SHAPES:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=read, args=(shape, mib, theirs))
        process.start()
        if ours.poll(LIMIT_S + 5):
            seconds, peak, said = ours.recv()
            print(f"{shape:28} {seconds:6.1f} {peak:6.0f}  {said}", flush=True)
        else:
            process.kill()
            print(f"{shape:28} {'':6} {'':6}  not read within {LIMIT_S:g} s", flush=True)
        process.join()


if __name__ == "__main__":
    sys.exit(main())
