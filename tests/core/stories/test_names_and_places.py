import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stories.keys import Kind, by_kind
from monitor.core.stories.names import LENGTH, may_be_name, skeleton
from monitor.core.stories.places import places
from monitor.core.stories.topics import topics
from monitor.core.text.fold import fold_word
from monitor.core.text.words import Words

ONE_NAME = [
    ["Zelensky", "Selenskyj", "Zelenskiy", "Zełenski", "Зеленський", "Ζελένσκι", "زيلينسكي", "Zelenského"],
    ["Macron", "Макрон", "Μακρόν", "ماكرون", "マクロン", "Macrona"],
    ["Starmer", "Стармер", "Στάρμερ", "وستارمر"],
    ["Zakharova", "Захарова", "Sacharowa", "Zacharowa", "زاخاروفا"],
    ["Grönland", "Groenlandia", "Гренландия", "Grenlandia"],
]


@pytest.mark.parametrize("spellings", ONE_NAME, ids=lambda spellings: spellings[0])
def test_a_name_has_one_skeleton_in_every_alphabet(spellings):
    assert len({skeleton(fold_word(name)) for name in spellings}) == 1


def test_names_of_few_consonants_have_none():
    assert skeleton("li") == skeleton("") == skeleton("北") == ""
    assert skeleton("xi") == "", "ks"


def test_words_are_written_like_names_where_they_have_a_capital_or_cannot():
    assert may_be_name("Paris")
    assert may_be_name("باريس")
    assert not may_be_name("paris")


@given(st.text(max_size=300))
def test_a_skeleton_is_short_whatever_the_word(word):
    assert len(skeleton(word)) <= LENGTH


UKRAINE = {
    "cs": "Vojáky na Ukrajinu nepošle",
    "de": "Garantien für Kiew",
    "en": "Guarantees for Ukraine",
    "fr": "La coalition à Kiev",
    "ru": "Войска на Украине",
    "uk": "Допомога Україною отримана",
    "ar": "قوات في أوكرانيا",
    "ja": "停戦後のウクライナに部隊",
    "zh": "承诺向乌克兰派兵",
    "el": "Εγγυήσεις για την Ουκρανία",
    "tr": "Ukrayna’ya güç",
    "ko": "우크라이나에 파병",
    "xx": "Guarantees for Ukraine",
    "": "Guarantees for Ukraine",
    None: "Guarantees for Ukraine",
}


@pytest.mark.parametrize("language", UKRAINE)
def test_a_country_is_one_place_in_every_language(language):
    assert set(places(Words(UKRAINE[language]), language)) == {"UA"}


def test_words_that_begin_like_a_place_are_none():
    assert places(Words("Chadwick met Malik in a turkey farm"), "en") == {}


NUMBERS = {
    "6 000 soldats": {"6000"},
    "6\u202f000 soldats": {"6000"},
    "6,000 troops, 35 countries": {"6000", "35"},
    "1856": {"1856"},
    "٣٥ دولة": {"35"},
    "7 days": set(),
    "3.14": {"14"},
}


@pytest.mark.parametrize(("text", "numbers"), NUMBERS.items(), ids=NUMBERS)
def test_numbers_are_one_however_they_are_grouped(text, numbers):
    expected = {
        found for number in numbers for found in by_kind(frozenset(topics(number, "", "fr")))[Kind.NUMBER]
    }
    assert by_kind(frozenset(topics(text, "", "fr")))[Kind.NUMBER] == expected


def test_words_that_say_nothing_have_no_key():
    assert not by_kind(frozenset(topics("What is it that they would have been", "", "en")))[Kind.WORD]
    assert by_kind(frozenset(topics("Guarantees", "", "en")))[Kind.WORD]
