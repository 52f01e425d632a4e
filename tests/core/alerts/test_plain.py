import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from samples.messages import HOSTILE_TITLES

from monitor.core.alerts.plain import boundary_after, boundary_before, cut, inline, isolated, one_line

BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(), st.integers(2, 50))
def test_a_line_is_short_and_steers_nothing(text, longest):
    line = one_line(text, longest=longest)
    assert len(line) <= longest
    assert len(line.splitlines()) <= 1
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in line)
    assert not any(unicodedata.bidirectional(char) in BIDI for char in line)
    line.encode()


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text):
    assert inline(inline(text)) == inline(text)


@given(st.text(st.characters(categories=["L", "N"]) | st.sampled_from(" .,-"), max_size=40))
def test_harmless_words_are_left_alone(text):
    words = " ".join(text.split())
    assert one_line(words, longest=40) == words


@pytest.mark.parametrize(
    "kept", ["می\u200cخواهم", "क्\u200dष", "👩‍👩‍👧‍👦", "\u200fעברית\u200e", "Z\u0301", "ﷺ", "한국어", "naïve"]
)
def test_what_writing_needs_is_kept(kept):
    assert inline(kept) == kept


def test_a_line_is_cut_after_a_word_and_says_so():
    assert one_line("The Paris Declaration was signed", longest=24) == "The Paris Declaration…"
    assert one_line("あいうえおかきくけこ", longest=6) == "あいうえお…"
    assert one_line("👩‍👩‍👧‍👦" * 9, longest=14) == "👩‍👩‍👧‍👦…"


def test_megabytes_of_nothing_cost_nothing():
    assert one_line(" " * 5_000_000 + "late", longest=20) == "…"
    assert one_line("\x00" * 5_000_000 + "late", longest=20) == "…"


def test_only_writing_from_right_to_left_is_isolated():
    assert isolated("Paris 2026") == "Paris 2026"
    assert isolated("باريس 2026") == "\u2068باريس 2026\u2069"
    assert isolated("Paris (باريس)") == "\u2068Paris (باريس)\u2069"


@given(st.text(st.sampled_from("ae\u0301\u200d👩🇫🇷नि्कष한각\r\n "), max_size=60), st.data())
def test_boundaries_are_those_of_unicode(text, data):
    at = data.draw(st.integers(0, len(text)))
    ends = {0, *(match.end() for match in regex.finditer(r"\X", text))}
    assert boundary_before(text, at) == max(end for end in ends if end <= at)
    assert boundary_after(text, at) == min(end for end in ends if end >= at)


def test_a_tower_of_accents_is_broken():
    tower = "Z" + "\u0301" * 5000
    assert boundary_before(tower, 2000) == boundary_after(tower, 2000) == 2000
    assert len(cut(tower, 50)) == 50


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
def test_a_hostile_title_is_one_line(title):
    line = one_line(title, longest=100)
    assert len(line) <= 100
    assert line.encode()
    assert line.isprintable() or "\u200d" in line or "\u200e" in line or "\u2060" in line
