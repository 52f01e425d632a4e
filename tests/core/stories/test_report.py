"""What a report is made of: names by more than a capital letter, numbers in words, what recurs taken out."""

from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stories.recurring import NOTHING, recurring
from monitor.core.stories.report import LONGEST_BODY, report_of
from monitor.model import FeedEntry

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def read(title, summary="", *, language="en", recurs=NOTHING, content=""):
    return report_of(
        FeedEntry(title=title, summary=summary, content=content),
        entry_id=1,
        feed_id="a",
        reported_at=NOW,
        language=language,
        recurring=recurs,
    )


@pytest.mark.parametrize(
    ("language", "text", "word"),
    [
        ("en", "The court in Melford ruled on Monday that he may leave.", "monday"),
        ("en", "The court in Melford ruled in March that he may leave.", "march"),
        ("fr", "Le port de Valmer a fermé Lundi soir.", "lundi"),
        ("es", "El puerto de Valdora cerró el Martes.", "martes"),
        ("it", "Il porto di Pieve chiude da Giovedì.", "giovedi"),
        ("nl", "De haven van Zandvoort sluit op Donderdag.", "donderdag"),
        ("pl", "Port w Borkach zamknięto w Poniedziałek.", "poniedziałek"),
        ("pt", "O porto de Valmar fecha em Outubro.", "outubro"),
        ("ru", "Порт в Заречье закрыли в Понедельник.", "понедельник"),
        ("tr", "Liman Pazartesi günü kapandı.", "pazartesi"),
    ],
)
def test_days_and_months_say_nothing(language, text, word):
    assert not [token for token in read("", text, language=language).folded if token.startswith(word[:4])]


@pytest.mark.parametrize(
    ("language", "words", "figures"),
    [
        ("en", "nine dead", "9 dead"),
        ("fr", "neuf morts", "9 morts"),
        ("de", "vierzehn Verletzte", "14 Verletzte"),
        ("es", "catorce niños", "14 niños"),
        ("it", "dodici feriti", "12 feriti"),
        ("pl", "dwanaście zastępów", "12 zastępów"),
        ("ru", "двадцать рабочих", "20 рабочих"),
        ("sv", "elva skadade", "11 skadade"),
        ("nl", "dertien gewonden", "13 gewonden"),
    ],
)
def test_a_number_in_words_is_the_same_as_in_figures(language, words, figures):
    assert read(words, language=language).numbers == read(figures, language=language).numbers != frozenset()


@pytest.mark.parametrize(
    "number", ["2,600", "2.600", "2 600", "2'600", "2’600", "2\u202f600", "2600", "٢٦٠٠"]
)
def test_what_groups_the_digits_makes_no_other_number(number):
    assert read(f"{number} homes").numbers == {"#2600"}


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        ("en", "Yesterday the mayor of Harrow Dock spoke.", {"harrow", "dock"}),
        ("en", "Workers struck. Workers in Felsham left the docks.", {"felsham"}),
        ("en", "Bid for Orla. The Read bid was read.", {"orla"}),
        ("fr", "Le maire Alain Verdet part.", {"alain", "verdet"}),
        ("ru", "Суд отпустил Олега Мирского.", {"олег", "мирск"}),
    ],
)
def test_a_name_is_written_as_one_and_nowhere_as_a_word(language, text, names):
    assert {name[:4] for name in read("", text, language=language).names} == {name[:4] for name in names}


def test_a_headline_that_writes_every_word_large_shows_no_name():
    assert not read("Dockers Walk Out As Strike Begins In Felsham").names


def test_german_nouns_are_no_names():
    assert not read("", "Die Feuerwehr hat das Feuer in der Fabrik gelöscht.", language="de").names


FOOTERS = [
    ("en", "Sign up for our morning letter and never miss a thing."),
    ("fr", "Cet article est réservé aux abonnés."),
    ("de", "Jetzt weiterlesen mit dem Digitalabo."),
    ("es", "Suscríbete a nuestro boletín."),
    ("it", "Continua a leggere sul nostro sito."),
    ("pl", "Dalsza część tekstu dla prenumeratorów."),
    ("ru", "Подписывайтесь на наш канал."),
    ("ja", "この記事は会員限定です。"),
    ("ar", "تابعونا على قناتنا ليصلكم كل جديد."),
]


@pytest.mark.parametrize(("language", "footer"), FOOTERS)
def test_a_line_under_headlines_that_have_nothing_in_common_is_no_text(language, footer):
    texts = [("Corwen depot burns", f"Seven died. {footer}"), ("Brisk rejects Orla", f"Too low. {footer}")]
    found = read(*texts[0], language=language, recurs=recurring(texts))
    assert len(found.recurring) == 1
    assert not set(found.recurring[0]) & found.body


@pytest.mark.parametrize(
    "sign",
    ["The post {} appeared first on Valley News.", "L’article {} est apparu en premier sur Valley News."],
)
def test_a_sentence_that_repeats_the_title_recurs_with_every_title(sign):
    titles = "Corwen depot burns down", "Brisk rejects Orla Foods"
    found = read(
        titles[0], sign.format(titles[0]), recurs=recurring([(one, sign.format(one)) for one in titles])
    )
    assert not found.sentences


def test_background_of_one_story_is_no_footer():
    background = "The River Aune supplies Osterby and eleven villages."
    texts = [
        ("Spill closes water intake on River Aune", f"A spill. {background}"),
        ("Spill on River Aune: manager arrested", f"An arrest. {background}"),
    ]
    assert not read(*texts[0], recurs=recurring(texts)).recurring


@pytest.mark.parametrize("sign", [" | ", " - ", " – ", " :: ", " · "])
def test_the_outlets_name_is_no_part_of_a_headline(sign):
    named = read(f"Corwen depot burns{sign}Valley News", recurs=recurring([], outlet="Valley News"))
    assert named.headline == read("Corwen depot burns").headline


def test_a_column_that_stands_behind_every_headline_is_none_either():
    texts = [("Corwen depot burns | Region", ""), ("Brisk rejects Orla | Region", "")]
    assert read(*texts[0], recurs=recurring(texts)).headline == read("Corwen depot burns").headline


def test_a_text_without_end_is_read_to_its_bound():
    cut = read("a", "", content=("word " * 1_000_000)[: LONGEST_BODY + 9])
    assert asdict(read("a", "", content="word " * 1_000_000)) == asdict(cut)


@given(
    st.text(max_size=300), st.text(max_size=600), st.sampled_from([None, "en", "de", "ja", "ar", "xx", "uk"])
)
def test_every_text_is_read_and_in_the_same_way(title, body, language):
    texts = [(title, body), (body, title), (title, body)]
    one, two = (read(title, body, language=language, recurs=recurring(texts, outlet=title)) for _ in range(2))
    assert asdict(one) == asdict(two)
    assert one.tokens >= one.title | one.body
    assert all(token in one.folded_of for token in one.names)
