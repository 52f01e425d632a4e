"""Messages as lines for chats, and what of them fits."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.messages import ARABIC, CHINESE, CYRILLIC, HOSTILE_TITLES, LATIN, PARIS, message, titled

from monitor.core.alerts.chat import ChatLine, Tone, fitting, lines
from monitor.core.alerts.excerpt import Piece
from monitor.core.alerts.render import view
from monitor.model import AlertKind, Line

NOW = datetime(2026, 1, 6, 19, 0, tzinfo=UTC)

PIECES = st.lists(st.builds(Piece, st.text(min_size=1, max_size=40), st.booleans()), min_size=1, max_size=4)
LINES = st.lists(
    st.builds(ChatLine, st.sampled_from(Tone), PIECES.map(tuple), st.none() | st.just("https://a.example/b")),
    max_size=8,
)


def said(line):
    return "".join(piece.text for piece in line.pieces)


def size(line):
    return len(said(line).encode()) + len(line.url or "") + 1


def test_the_title_comes_first_and_leads_to_the_article():
    first, second, *_ = lines(view(message(LATIN)))
    assert (first.tone, first.url) == (Tone.TITLE, LATIN["url"])
    assert said(first) == LATIN["title"]
    assert said(second).startswith("Tageblatt · ")


def test_the_words_that_matched_are_marked():
    marked = [piece.text for line in lines(view(message(CHINESE))) for piece in line.pieces if piece.marked]
    assert marked == ["意向声明"]


def test_every_report_stands_in_it():
    shown = lines(
        view(message(LATIN, CYRILLIC, ARABIC, CHINESE, story_url="https://monitor.example/stories/8"))
    )
    urls = [line.url for line in shown if line.url]
    assert urls == [
        LATIN["url"],
        "https://monitor.example/stories/8",
        CYRILLIC["url"],
        ARABIC["url"],
        CHINESE["url"],
    ]


def test_a_summary_is_a_title_and_a_line_for_each_story():
    told = [
        Line(
            alert_id=number,
            title=source["title"],
            story_id=number,
            outlet=source["outlet"],
            url=source["url"],
            rules=(PARIS,),
            created_at=NOW,
            outlets=3,
            outlets_then=1,
        )
        for number, source in enumerate((LATIN, ARABIC), 7)
    ]
    summary = message(kind=AlertKind.DIGEST, text="daily 08:00", story=None, lines=tuple(told))
    heading, *rest = lines(view(summary))
    assert said(heading).startswith("daily 08:00: 2 stories")
    assert [line.url for line in rest if line.tone is Tone.TITLE] == [LATIN["url"], ARABIC["url"]]
    assert said(rest[1]).startswith("Tageblatt · 3 outlets, 1 at first · Paris Declaration")


def test_a_note_is_its_lines():
    note = message(
        kind=AlertKind.NOTE, text="Feed lemonde: 404\nIt was polled 12 times.", story=None, rules=()
    )
    assert [said(line) for line in lines(view(note))] == ["Feed lemonde: 404", "It was polled 12 times."]


def test_arabic_turns_no_neighbour_around():
    title = said(lines(view(message(ARABIC)))[0])
    assert (title[0], title[-1]) == ("\u2068", "\u2069")


@given(LINES, st.integers(0, 400))
def test_what_is_chosen_fits_and_is_a_beginning(written, longest):
    chosen = fitting(written, longest=longest, size=size)
    assert sum(size(line) for line in chosen) <= longest
    assert list(chosen[:-1]) == written[: max(len(chosen) - 1, 0)]
    if sum(size(line) for line in written) <= longest:
        assert list(chosen) == written


@given(LINES, st.integers(0, 400))
def test_what_is_cut_says_so_and_says_nothing_else(written, longest):
    chosen = fitting(written, longest=longest, size=size)
    if not chosen or chosen[-1] in written:
        return
    whole, short = said(written[len(chosen) - 1]), said(chosen[-1])
    assert "…" in short or (whole, chosen[-1].url) == (short, None)
    assert whole.startswith(short.rpartition("…")[0].rstrip())


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
@pytest.mark.parametrize("longest", [60, 200, 2000])
def test_a_hostile_title_stays_one_line_and_fits(title, longest):
    chosen = fitting(lines(view(titled(title))), longest=longest, size=size)
    assert sum(size(line) for line in chosen) <= longest
    assert all(not set(said(line)) & set("\n\r\u2028\u2029\x1b\u202e\ud83d") for line in chosen)


def test_the_link_of_a_long_title_is_kept():
    [title] = fitting(lines(view(titled("word " * 60)))[:1], longest=160, size=size)
    assert title.url == LATIN["url"]
    assert said(title).endswith("…")


def test_a_link_that_leaves_no_room_is_left_out():
    long = ChatLine(Tone.TITLE, (Piece("Declaration signed in Paris"),), "https://a.example/" + "x" * 900)
    [kept] = fitting([long], longest=100, size=size)
    assert (said(kept), kept.url) == ("Declaration signed in Paris", None)
