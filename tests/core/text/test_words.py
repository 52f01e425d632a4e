"""Words, folding, sentences, stems: laws and samples of many scripts."""

import sys
import unicodedata

import pytest
from cases import cases
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core.text import words as room
from monitor.core.text.fold import exact_word, fold, fold_word
from monitor.core.text.html import to_text
from monitor.core.text.words import MAX_WORD, Words, folded_words, is_unspaced

texts = st.one_of(
    st.text(),
    st.text(alphabet="aéß.’ -\n1ıİſﬁ½²ﷺ\u00ad\u200b\u0301"),
    st.text(alphabet="习近平がパﾞー ทำกิ हिन्दी עברית العَ"),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("l’Ukraine", ["l", "ukraine"]),
        ("cessez-le-feu", ["cessez", "le", "feu"]),
        ("U.S. J.F.Kennedy e.g. 1.5", ["us", "jf", "kennedy", "eg", "1", "5"]),
        ("Straße œuvre Łódź Þór ıſ", ["strasse", "oeuvre", "lodz", "thor", "is"]),
        ("Й Київ ё ΑΣ ά", ["и", "киів", "е", "ασ", "α"]),
        ("العَرَبِيَّة أوكرانيا عـربي على", ["العربية", "اوكرانيا", "عربي", "علي"]),
        ("שָׁלוֹם", ["שלום"]),
        ("習近平が", ["習", "近", "平", "が"]),
        ("か が ｶﾞ", ["か", "が", "ガ"]),
        ("G7首脳", ["g7", "首", "脳"]),
        ("ทำ กิน", ["ทํา", "กิ", "น"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("می\u200cخواهم so\u00adft", ["ميخواهم", "soft"]),
        ("٣٥ ３５ m²", ["35", "35", "m2"]),
        ("x_y @z #a", ["x", "y", "z", "a"]),
        ("ĿA ½", ["la", "12"]),
        ("\u0301 ­", []),
    ],
)
def test_texts_are_split_and_folded(text, words):
    assert folded_words(text) == words


@given(texts)
def test_offsets_point_at_the_words_they_name(text):
    words = Words(text)
    assert [text[start:end] for start, end in words.spans] == words.shown
    assert [fold_word(text[start:end]) for start, end in words.spans] == words.folded
    assert len(words) == len(words.sentences) == len(words.paragraphs)


@given(texts)
def test_folding_what_is_folded_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert all(fold_word(word) == word for word in folded_words(text))


@given(texts)
def test_case_and_composition_do_not_count(text):
    folded = folded_words(text.replace("\u00ad", ""))
    decomposed = unicodedata.normalize("NFC", text.replace("\u00ad", ""))
    if unicodedata.normalize("NFC", decomposed) == text:
        assert folded == folded_words(text)
    assert all(word == word.casefold() for word in folded if word.isascii())


def test_the_fast_pattern_finds_the_same_words_as_the_full_one():
    plain = [c for c in map(chr, range(0x250)) if room._PLAIN.fullmatch(c)]
    plain += [c for c in map(chr, range(0x250, 0x2100)) if room._PLAIN.fullmatch(c)]
    for character in plain:
        for text in (character, f"a{character}b", f"{character}.{character}", f"a.{character}.b c"):
            assert room._PLAIN_OR_DOTTED.findall(text) == room._WORD.findall(text), repr(text)


@given(st.text(alphabet="aé.b c-1’U"))
def test_every_pattern_agrees_where_it_is_chosen(text):
    assert Words(text).shown == room._WORD.findall(text)


@example(["\x1f", "[12]"])
@given(st.lists(st.sampled_from([*map(chr, range(128)), "word", "[12]", "U.S.", "x" * MAX_WORD, "é"])))
def test_ascii_is_split_into_the_same_words_at_the_same_places(pieces):
    words = Words("".join(pieces))
    assert words.shown == room._WORD.findall(words.text)
    assert [words.text[start:end] for start, end in words.spans] == words.shown


def test_a_megabyte_of_one_letter_is_words_of_bounded_length():
    words = Words("a" * 1_000_000)
    assert max(map(len, words.shown)) == MAX_WORD
    assert sum(map(len, words.shown)) == 1_000_000


def test_a_text_of_combining_marks_is_one_bounded_word():
    words = Words("a" + "\u0301\u0323" * 100_000)
    assert words.folded == ["a"]


def test_exact_words_keep_case_and_accents_and_lose_what_is_invisible():
    assert exact_word("De\u0301cla\u00adration") == "Déclaration"
    assert exact_word("U.S") == "US"


@pytest.mark.parametrize(
    ("character", "is_one"), [("東", True), ("ท", True), ("ー", True), ("a", False), ("", False)]
)
def test_scripts_without_spaces_are_known(character, is_one):
    assert is_unspaced(character) is is_one


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He came. She went.", [0, 0, 1, 1]),
        ("Mr. Smith met M. Macron on 6. Januar in the U.S. Army.", [0] * 12),
        ("Why? Because! said he", [0, 1, 1, 1]),
        ("well… he said", [0, 0, 0]),
        ("習。近", [0, 1]),
        ("one\ntwo", [0, 1]),
        ("end.” Next", [0, 1]),
        ("a" + "-" * 300 + "b", [0, 1]),
        ("v3.5 x. y", [0, 0, 0, 0]),
    ],
)
def test_sentences_end_where_readers_end_them(text, sentences):
    assert Words(text).sentences == sentences


STOPS = cases("text/sentence-stops.tsv")


@pytest.mark.parametrize("case", STOPS, ids=[case["text"] for case in STOPS])
def test_the_stops_of_every_script_end_sentences(case):
    assert len(set(Words(case["text"]).sentences)) == int(case["sentences"])


SPLIT = cases("text/words.tsv")


@pytest.mark.parametrize("case", SPLIT, ids=[case["markup"] for case in SPLIT])
def test_markup_is_split_into_the_words_that_its_reader_sees(case):
    assert " ".join(folded_words(to_text(case["markup"]))) == case["words"]


def test_paragraphs_are_divided_by_newlines():
    assert Words("a b\nc\n\nd").paragraphs == [0, 0, 1, 3]


def test_digits_of_every_script_are_digits():
    for code in range(sys.maxunicode):
        character = chr(code)
        if character.isdecimal() and code < 0x1E000:
            assert fold(character).isascii(), character
