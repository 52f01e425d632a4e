"""Messages as people get them. The golden ones are in `tests/data/messages`; `GOLDEN=write` writes them anew."""

import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.messages import (
    ARABIC,
    CHINESE,
    CYRILLIC,
    HOSTILE_TITLES,
    LATIN,
    PARIS,
    line,
    message,
    report,
    titled,
)

from monitor.core.alerts.evidence import evidence
from monitor.core.alerts.render import MOST_REPORTS, html, safe_url, subject, text, view
from monitor.model import AlertKind, Field, Line, Match, RuleName, Span

DATA = Path(__file__).parents[2] / "data" / "messages"
URGENT = RuleName(id="ua", title="Україна", priority="urgent")

GOLDEN = {
    "latin": message(LATIN),
    "cyrillic": message(CYRILLIC),
    "arabic": message(ARABIC),
    "chinese": message(CHINESE),
    "burst": message(
        LATIN,
        CYRILLIC,
        ARABIC,
        CHINESE,
        rules=(PARIS, URGENT),
        story_url="https://monitor.example/stories/88",
    ),
    "update": replace(
        message(CYRILLIC, kind=AlertKind.UPDATE, first_in_thread=False), story=message(LATIN).story
    ),
    "note": message(
        kind=AlertKind.NOTE,
        story=None,
        rules=(),
        text="Feed lemonde was not had since Monday: 404.\nCheck its address.",
    ),
    "test": message(kind=AlertKind.TEST, story=None, rules=()),
    "update of what": message(
        CYRILLIC,
        kind=AlertKind.UPDATE,
        first_in_thread=False,
        text="New: 12 outlets tell it (3 before); told in de, uk too",
    ),
    "summary": message(
        kind=AlertKind.SUMMARY,
        story=None,
        rules=(PARIS, URGENT),
        text="In the quiet hours, since 22:10",
        lines=(
            line(LATIN, outlets=12, outlets_then=2, languages=("de", "fr", "uk")),
            line(ARABIC, rules=(PARIS, URGENT), text="New: figures: 35 000"),
            line(CHINESE, url=None),
            Line(
                alert_id=9, title="Feed lemonde is polled no more: 401", created_at=message(LATIN).created_at
            ),
        ),
    ),
    "digest": message(
        kind=AlertKind.DIGEST,
        story=None,
        rules=(),
        text="Digest, since Mon 5 Jan, 08:00",
        lines=(line(LATIN),) * 23,
    ),
    "hostile summary": message(
        kind=AlertKind.SUMMARY,
        story=None,
        text="In the quiet hours",
        lines=tuple(
            line(LATIN | {"title": title, "outlet": title, "marks": ()}, text=title)
            for title in HOSTILE_TITLES.values()
        ),
    ),
    "hostile": message(
        *(
            LATIN | {"title": title, "outlet": title, "content": "", "marks": ()}
            for title in HOSTILE_TITLES.values()
        )
    ),
}


@pytest.mark.parametrize("ending", ["txt", "html"])
@pytest.mark.parametrize("name", GOLDEN)
def test_a_message_reads_as_it_always_did(name, ending):
    path = DATA / f"{name}.{ending}"
    shown = (text if ending == "txt" else html)(GOLDEN[name])
    if os.environ.get("GOLDEN") == "write":
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


class Page(HTMLParser):
    """Tags, their attributes, and the text between them, as a browser would see them."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.words = set(), [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]
        assert {name for name, _ in attrs} <= {"style", "dir", "lang", "href", "charset", "name", "content"}

    def handle_data(self, data):
        self.words.append(data)


OUR_TAGS = {
    "html",
    "head",
    "meta",
    "body",
    "h1",
    "p",
    "a",
    "small",
    "bdi",
    "blockquote",
    "mark",
    "br",
    "ul",
    "li",
    "span",
}


@given(st.text(), st.text(max_size=30))
def test_nothing_in_an_entry_becomes_markup(words, language):
    source = LATIN | {"title": words, "outlet": words, "summary": words, "language": language, "marks": ()}
    made = report(source)
    spans = (Span(Field.SUMMARY, 0, 3),)
    made = replace(made, matches=(Match(rule_id="r", rule_version="1", spans=spans),))
    page = Page(
        html(message(LATIN, reports=(made, made), rules=(RuleName(id="r", title=words),), text=words))
    )
    assert page.tags <= OUR_TAGS
    assert set(page.links) == {LATIN["url"]}


def test_entries_are_no_templates():
    assert "{{ 7 * 7 }}" in text(titled("{{ 7 * 7 }}"))
    assert "{{ 7 * 7 }}" in html(titled("{{ 7 * 7 }}"))


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
def test_a_title_stays_in_its_line(title):
    shown = text(titled(title))
    harmless = text(titled("harmless"))
    assert shown.count("\n") == harmless.count("\n")
    assert shown.splitlines()[1:] == harmless.splitlines()[1:]
    assert len(subject(titled(title)).splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a?b=c&d=é#f", True),
        ("http://example.org", True),
        ("https://пример.example/путь", True),
        (None, False),
        ("", False),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("//example.org/", False),
        ("https://", False),
        ("https://[::1", False),
        ("https://example.org/a b", False),
        ("https://example.org/\nX", False),
        ("https://example.org/\u202egpj.exe", False),
        ("https://example.org/" + "x" * 2000, False),
    ],
)
def test_only_web_addresses_that_read_as_what_they_are_become_links(url, safe):
    assert (safe_url(url) == url) == safe if url else safe_url(url) is None
    assert (len(Page(html(message(LATIN | {"url": url}))).links) == 1) == safe


def test_the_first_subject_is_the_title_and_the_later_ones_answer_the_story():
    assert subject(GOLDEN["cyrillic"]) == CYRILLIC["title"]
    assert subject(GOLDEN["update"]) == f"Re: {LATIN['title']}"
    assert (
        subject(GOLDEN["note"])
        == "News monitor: Feed lemonde was not had since Monday: 404. Check its address."
    )
    assert subject(GOLDEN["test"]) == "News monitor: test message"


def test_an_update_in_a_new_thread_is_no_answer():
    assert subject(message(LATIN, kind=AlertKind.UPDATE)) == LATIN["title"]
    assert "More on a story" not in text(message(LATIN, kind=AlertKind.UPDATE))


def test_what_has_no_title_is_called_by_what_comes_closest():
    def called(**source):
        return subject(message(LATIN | {"title": " \n", "marks": ()} | source))

    assert called() == called(title="\u200e\u2060") == LATIN["summary"]
    assert called(summary="", content="Only text") == "Only text"
    assert called(summary="", content="") == LATIN["url"]
    assert called(summary="", content="", url=None) == "(untitled)"
    story = replace(message(LATIN).story, title="")
    assert subject(message(LATIN, first_in_thread=False, story=story)) == "Re: (untitled)"
    assert subject(message(story=None)) == "News monitor"
    assert subject(message()) == "Re: (untitled)"


def test_what_is_shown_of_many_reports_is_bounded():
    many = message(*[LATIN] * 200)
    assert text(many).count("Tageblatt") == MOST_REPORTS + 1
    assert f"… and {199 - MOST_REPORTS} more." in text(many)
    longest = titled("ä" * 10_000)
    assert len(html(replace(longest, reports=longest.reports * 200)).encode()) < 102_000


@pytest.mark.parametrize(
    ("published", "seen", "zone", "shown"),
    [
        (
            "2026-01-06T20:22+01:00",
            "2026-01-06T20:24+01:00",
            "Europe/Paris",
            "Tue 6 Jan 2026, 20:22 CET (seen 20:24)",
        ),
        (
            "2026-01-06T23:59+01:00",
            "2026-01-07T00:01+01:00",
            "Europe/Paris",
            "Tue 6 Jan 2026, 23:59 CET (seen Wed 7 Jan 2026, 00:01)",
        ),
        (
            "2026-07-06T12:00+00:00",
            "2026-07-06T12:05+00:00",
            "Europe/Paris",
            "Mon 6 Jul 2026, 14:00 CEST (seen 14:05)",
        ),
        (
            "2026-01-06T12:00+00:00",
            "2026-01-06T12:05+00:00",
            "Asia/Dubai",
            "Tue 6 Jan 2026, 16:00 UTC+04 (seen 16:05)",
        ),
        (
            "2026-01-06T12:00+00:00",
            "2026-01-06T12:05+00:00",
            "No/Where",
            "Tue 6 Jan 2026, 12:00 UTC (seen 12:05)",
        ),
        (
            "2026-01-06T12:00+00:00",
            "2026-01-06T12:05+00:00",
            "../../etc",
            "Tue 6 Jan 2026, 12:00 UTC (seen 12:05)",
        ),
        (None, "2026-01-06T12:05+00:00", "UTC", "seen Tue 6 Jan 2026, 12:05 UTC"),
    ],
)
def test_times_are_the_readers(published, seen, zone, shown):
    it = message(LATIN | {"published": published, "seen": seen}, zone=zone)
    assert f"Tageblatt · {shown}\n" in text(it)


@pytest.mark.parametrize(
    ("tellers", "outlets", "languages", "shown"),
    [
        (("A", "B"), 2, ("de",), "Told by A and B\n"),
        (("A", "B"), 2, ("de", "fr"), "Told by A and B, in 2 languages (de, fr)\n"),
        (("A", "B", "C", "D"), 4, ("de",), "Told by A, B, C and D\n"),
        (("A", "B", "C", "D", "E", "F"), 6, ("de",), "Told by A, B, C, D and 2 more\n"),
        (("A",), 1, ("de",), None),
    ],
)
def test_who_else_tells_it_is_named(tellers, outlets, languages, shown):
    it = text(message(LATIN, outlets=outlets, tellers=tellers, languages=languages))
    assert (shown in it) if shown else ("Told by" not in it)


@pytest.mark.parametrize("kind", [AlertKind.UPDATE, AlertKind.NEW])
def test_later_messages_answer_the_subject_that_the_first_one_had(kind):
    """The story may have got another title since, or be another after a merge."""
    it = message(CYRILLIC, kind=kind, first_in_thread=False, thread_subject="Dockers walk out at Tilmouth")
    assert subject(it) == "Re: Dockers walk out at Tilmouth"


@pytest.mark.parametrize(
    ("title", "summary", "content", "lead"),
    [
        ("Dockers walk out", "The port is shut. Talks go on.", "", "The port is shut."),
        (
            "Dockers walk out",
            "Dockers walk out",
            "Since midnight nothing moves. Talks go on.",
            "Since midnight nothing moves.",
        ),
        ("Dockers walk out", "DOCKERS WALK OUT.", "", ""),
        ("Dockers walk out", "", "", ""),
        ("Dockers walk out", " \u200b", "Since midnight.", "Since midnight."),
        ("港湾労働者がスト", "貨物船の入港が止まった。交渉は続く。", "", "貨物船の入港が止まった。"),
        ("Докеры бастуют", "Порт закрыт. Переговоры идут.", "", "Порт закрыт."),
        ("إضراب عمال الميناء", "أُغلق الميناء. المفاوضات مستمرة.", "", "أُغلق الميناء."),
    ],
)
def test_a_message_has_a_lead_also_where_the_title_matched(title, summary, content, lead):
    source = LATIN | {"title": title, "summary": summary, "content": content, "marks": ()}
    assert view(message(source)).report.lead.startswith(lead)
    assert bool(view(message(source)).report.lead) is bool(lead)


def test_a_lead_that_stands_in_the_evidence_is_not_said_twice():
    shown = view(GOLDEN["latin"]).report
    said = "".join(piece.text for piece in shown.why)
    assert shown.lead not in said
    assert text(GOLDEN["latin"]).count(said) <= 1


def test_the_numbers_that_the_commands_want_are_said():
    assert view(GOLDEN["latin"]).numbers == "entry 1 · story 88 · alert 41"
    assert "alert 41" in text(GOLDEN["summary"])


@pytest.mark.parametrize(
    ("outlets", "languages", "shown"),
    [
        (0, (), None),
        (1, ("de",), None),
        (1, ("de", "fr"), None),
        (3, ("de",), "Told by 3 outlets\n"),
        (3, ("de", "fr"), "Told by 3 outlets in 2 languages (de, fr)\n"),
    ],
)
def test_who_else_tells_it_is_said_where_somebody_does(outlets, languages, shown):
    it = text(message(LATIN, outlets=outlets, languages=languages))
    assert (shown in it) if shown else ("Told by" not in it)


def matched(field, start, end, **source):
    made = report(LATIN | {"marks": ()} | source)
    return replace(made, matches=(Match(rule_id="r", rule_version="1", spans=(Span(field, start, end),)),))


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (matched(Field.AUTHOR, 0, 4, author="Anna Maria"), "Matched in its author: [Anna] Maria"),
        (
            matched(Field.CATEGORY, 6, 13, categories=("World", "Ukraine")),
            "Matched in its category: [Ukraine]",
        ),
        (
            matched(Field.URL, 8, 13, url="https://%70aris.example/"),
            "Matched in its url: https://[paris].example/",
        ),
        (matched(Field.SUMMARY, 3, 10), "\n35 [Staaten] einigen sich"),
        (matched(Field.TITLE, 0, 7), "[Ukraine]-Gipfel"),
    ],
    ids=lambda it: "" if isinstance(it, str) else it.matches[0].spans[0].field,
)
def test_why_it_matched_is_shown_where_it_is(made, shown):
    assert shown in text(message(LATIN, reports=(made,)))


def test_a_sentence_shows_more_than_a_title():
    both = report(LATIN)
    found = evidence(both.entry, both.matches)
    assert found is not None
    assert found.field is Field.CONTENT
    assert "[" not in text(message(LATIN)).splitlines()[0]


def test_a_rule_that_holds_by_what_is_absent_marks_nothing():
    made = report(LATIN | {"marks": ()})
    assert evidence(made.entry, made.matches) is None
    assert "<mark>" not in html(message(LATIN, reports=(made,)))


def test_a_rule_without_a_title_is_called_by_its_id():
    assert re.search(
        "^Rule: ukraine$", text(message(LATIN, rules=(RuleName(id="ukraine", title=""),))), re.MULTILINE
    )
