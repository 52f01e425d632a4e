"""What publishers really send, as a table of kinds: `tests/data/publishers/`; the counts stand in `tests/README.md`.

python tests/feeds/test_publishers.py    # how many of each kind are right
"""

import csv
import json
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bench.make_date_words import FILE, as_json, gathered

from monitor.errors import ParseError
from monitor.feeds.parse import MAX_ENTRIES, parse

DATA = Path(__file__).parent.parent / "data" / "publishers"
NOW = datetime(2026, 2, 1, tzinfo=UTC)
URL = "https://feeds.example/news/rss.xml"
CASES = tomllib.loads((DATA / "cases.toml").read_text(encoding="utf-8"))["case"]
MARK = "‡"


def rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


DATES = [(row[-2], row[-1]) for name in ("dates.tsv", "dates-more.tsv") for row in rows(name)]
LABELS = rows("encoding-labels.tsv")


def read(body, content_type="", *, now=NOW):
    return parse(body, content_type=content_type, url=URL, now=now)


def rss(entry, *, head="", root="", channel="", others=0):
    items = f"<item>{entry}</item>" + "".join(f"<item><title>{n}</title></item>" for n in range(others))
    return f'{head}<rss version="2.0" {root}><channel><title>T</title>{channel}{items}</channel></rss>'


def atom(entry, *, head="", root="", channel="", others=0):
    del others
    return (
        f'{head}<feed xmlns="http://www.w3.org/2005/Atom" {root}><title>T</title>{channel}'
        f"<entry>{entry}</entry></feed>"
    )


# ── what is right ──


def written(case):
    """The bytes of a case."""
    if "document" in case:
        return case["document"].encode()
    given = {key: case[key] for key in ("head", "root", "channel", "others") if key in case}
    text = {"rss": rss, "atom": atom}[case.get("format", "rss")](case["entry"], **given)
    before, mark, after = text.partition(MARK)
    encoding = {"shift_jis": "cp932", "euc-kr": "cp949"}.get(
        case.get("encoding", "utf-8"), case.get("encoding", "utf-8")
    )
    bad = bytes.fromhex(case.get("bad", "")) if mark else b""
    return before.encode(encoding) + bad + after.encode(encoding)


def faults(case):
    """What is otherwise than it should be; empty: nothing."""
    try:
        feed = read(written(case), case.get("content_type", ""))
    except ParseError as error:
        return [f"refused: {error}"]
    found = []
    if "count" in case and len(feed.entries) != case["count"]:
        found.append(f"{len(feed.entries)} entries")
    if "others" in case and [one.title for one in feed.entries[1:]] != [
        str(n) for n in range(case["others"])
    ]:
        found.append("the entries behind it are lost")
    if "warning" in case and not any(case["warning"] in warning for warning in feed.warnings):
        found.append(f"it is not said: {feed.warnings}")
    if not feed.entries:
        return found + ["nothing is read"] * (case.get("count") != 0)
    entry = feed.entries[0]
    read_of_it = {
        **{key: getattr(entry, key) or "" for key in ("title", "summary", "guid", "author", "url")},
        "published": shown(entry.published_at),
    }
    found += [f"{key}: {value!r}" for key, value in read_of_it.items() if case.get(key, value) != value]
    if not set(case.get("words", "").split()) <= set(f"{entry.summary} {entry.content}".split()):
        found.append(f"words are lost: {entry.summary!r} {entry.content!r}")
    return found


def shown(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def date_in(kind, text):
    """What is read of a date in a feed of this kind."""
    now = datetime(2026, 12, 1, tzinfo=UTC)
    quoted = text.replace("&", "&amp;").replace("<", "&lt;")
    if kind == "RSS":
        feed = read(rss(f"<title>a</title><pubDate>{quoted}</pubDate>").encode(), now=now)
    else:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        item = f'{{"id": "1", "title": "a", "date_published": "{escaped}"}}'
        body = f'{{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{item}]}}'
        feed = read(body.encode(), now=now)
    return shown(feed.entries[0].published_at)


def label_is_right(label, codec, text):
    document = f'<?xml version="1.0" encoding="{label}"?>' + rss(f"<title>{text}</title>")
    try:
        feed = read(document.encode(codec))
    except ParseError:
        return False
    return bool(feed.entries) and feed.entries[0].title == text


# ── the tests ──


@pytest.mark.parametrize("case", CASES, ids=[f"{case['kind']}-{number}" for number, case in enumerate(CASES)])
def test_what_publishers_send_is_read_as_they_mean_it(case):
    assert faults(case) == []


@pytest.mark.parametrize("kind", ["RSS", "JSON Feed"])
@pytest.mark.parametrize(("text", "right"), DATES, ids=[text for text, _ in DATES])
def test_a_date_is_read_as_it_is_meant_or_not_at_all(kind, text, right):
    assert date_in(kind, text) == right


@pytest.mark.parametrize(("label", "codec", "text"), LABELS, ids=[row[0] for row in LABELS])
def test_an_encoding_is_known_by_every_name_that_it_has(label, codec, text):
    assert label_is_right(label, codec, text)


def numbered(days):
    """Dates, one for each day."""
    return [datetime(2012, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in days]


def large(form, dates):
    days = [(number, date.strftime("%Y-%m-%dT00:00:00Z")) for number, date in enumerate(dates)]
    if form == "RSS":
        items = "".join(f"<item><title>{n}</title><pubDate>{day}</pubDate></item>" for n, day in days)
        return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'
    if form == "Atom":
        items = "".join(f"<entry><title>{n}</title><updated>{day}</updated></entry>" for n, day in days)
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>{items}</feed>'
    if form == "JSON Feed":
        items = ", ".join(f'{{"id": "{n}", "title": "{n}", "date_published": "{day}"}}' for n, day in days)
        return f'{{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{items}]}}'
    items = "".join(
        f"<url><loc>https://a.example/{n}</loc><n:news><n:publication_date>{day}</n:publication_date>"
        f"<n:title>{n}</n:title></n:news></url>"
        for n, day in days
    )
    return f'<urlset xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">{items}</urlset>'


@pytest.mark.parametrize("form", ["RSS", "Atom", "JSON Feed", "a news sitemap"])
@pytest.mark.parametrize("order", ["newest last", "newest first"])
def test_of_more_entries_than_are_read_the_newest_are(form, order):
    count = MAX_ENTRIES + 3
    days = range(count) if order == "newest last" else range(count, 0, -1)
    feed = read(large(form, numbered(days)).encode())
    first, last = (3, count) if order == "newest last" else (0, MAX_ENTRIES)
    assert [entry.title for entry in feed.entries] == [str(n) for n in range(first, last)]
    side = "last" if order == "newest last" else "first"
    assert f"only the {side} {MAX_ENTRIES} of its {count} entries are read" in feed.warnings


def test_what_cannot_tell_the_order_of_day_and_month_is_told_by_the_other_dates_and_the_language():
    def published(*dates, language=""):
        items = "".join(f"<item><title>a</title><pubDate>{date}</pubDate></item>" for date in dates)
        channel = f"<title>T</title><language>{language}</language>" if language else "<title>T</title>"
        feed = read(f'<rss version="2.0"><channel>{channel}{items}</channel></rss>'.encode())
        return shown(feed.entries[0].published_at)[:10]

    assert published("05/06/2025") == ""
    assert published("05/06/2025", "25/05/2025") == "2025-06-05"
    assert published("05/06/2025", "05/25/2025") == "2025-05-06"
    assert published("05/06/2025", "05/25/2025", "25/05/2025") == ""
    assert published("05/06/2025", language="en-US") == "2025-05-06"
    assert published("05/06/2025", language="en-GB") == "2025-06-05"
    assert published("05/06/2025", language="fr") == "2025-06-05"
    assert published("Thu, 05/06/2025") == "2025-06-05"


def score():
    """Kind → how many are right, of how many."""
    right, all_of_them = Counter(), Counter()
    for case in CASES:
        all_of_them[case["kind"]] += 1
        right[case["kind"]] += not faults(case)
    for text, expected in DATES:
        for kind in ("RSS", "JSON Feed"):
            got = date_in(kind, text)
            all_of_them[f"dates in {kind}"] += 1
            right[f"dates in {kind}"] += got == expected
            right[f"dates in {kind}, wrong"] += got not in {expected, ""}
    for row in LABELS:
        all_of_them["names of encodings"] += 1
        right["names of encodings"] += label_is_right(*row)
    return right, all_of_them


if __name__ == "__main__":
    right, all_of_them = score()
    for kind, count in right.items():
        print(f"{kind}: {count} of {all_of_them[kind]}" if all_of_them[kind] else f"{kind}: {count}")


def test_the_words_of_dates_are_those_of_the_cldr():
    """Where a newer one brings others, `make_date_words.py` writes them anew."""
    assert json.loads(FILE.read_text(encoding="utf-8")) == as_json(gathered())
