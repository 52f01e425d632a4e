"""What decided on a report, said so that a person can check it: signals that sum up to the score, and whole words."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.stories.explain import compared
from monitor.core.stories.report import report_of
from monitor.core.stories.sameness import is_told
from monitor.core.stories.wording import worded
from monitor.model import FeedEntry

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXTS = {
    "en": ("Dockers walk out at Tilmouth", "About 900 dockers stopped work at six this morning."),
    "de": ("Hafenarbeiter in Tilmuth streiken", "Rund 900 Arbeiter legten am Morgen die Arbeit nieder."),
    "ru": ("Докеры Тильмута бастуют", "Около 900 докеров прекратили работу сегодня утром."),
    "ja": ("港湾労働者がストライキに入る", "約900人の労働者が今朝から作業を止めた。"),
    "zh": ("港口工人举行罢工", "约900名工人今天上午停止工作。"),
    "ar": ("عمال الميناء يضربون عن العمل", "توقف نحو 900 عامل عن العمل صباح اليوم."),
}


def report(number, title, text, language, *, feed="wire", hours=0):
    return report_of(
        FeedEntry(title=title, summary=text),
        entry_id=number,
        feed_id=feed,
        reported_at=NOON + timedelta(hours=hours),
        language=language,
        rules=frozenset({"docks"}),
    )


def rare(_word):
    return 1.0


@pytest.mark.parametrize("language", TEXTS)
def test_the_signals_that_are_named_sum_up_to_the_score(language):
    title, text = TEXTS[language]
    first = report(1, title, text, language)
    again = report(2, title, f"{text} 12 Tilmouth.", language, feed="other", hours=1)
    found = compared(again, [first], {"docks": [first], "fines": []}, rare)
    assert set(found.told) == {"docks"}
    for judged in (found.of_story, found.told["docks"]):
        assert judged.bias + sum(one.counts for one in judged.signals) == pytest.approx(judged.score)
        assert judged.nearest == 1
        counts = [abs(one.counts) for one in judged.signals]
        assert counts == sorted(counts, reverse=True)
    decided = is_told(again, [first], rare)
    assert (found.told["docks"].holds, found.told["docks"].score) == (decided.told, decided.score)


def test_the_first_report_of_a_story_was_compared_with_nothing():
    found = compared(report(1, *TEXTS["en"], "en"), [], {}, rare, taken_out=["Subscribe now."])
    assert (found.of_story, found.told, found.taken_out) == (None, {}, ("Subscribe now.",))
    assert found.numbers == ("900", "six")


WORDS = {
    "en": ("Dockers walk out", "en", ["dockers", "walk", "out"]),
    "ru": ("Докеры бастуют", "ru", ["докеры", "бастуют"]),
    "zh": ("港口工人罢工", "zh", ["港口工人罢工"]),
    "ja": ("港湾労働者がストライキに入る", "ja", ["港湾労働者", "ストライキ", "入"]),
    "mixed": ("港口 Tilmouth 罢工", "zh", ["港口", "tilmouth", "罢工"]),
    "a character that comes twice": ("日本日報", "ja", ["日本日報"]),
}


@pytest.mark.parametrize(("title", "language", "words"), WORDS.values(), ids=WORDS)
def test_words_are_shown_whole(title, language, words):
    one = report(1, title, "", language)
    assert worded(one, one.words) == words


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_what_is_new_is_said_in_words_where_there_are_no_spaces(language):
    title, text = TEXTS[language]
    first = report(1, title, text, language)
    new = is_told(report(2, f"{title}、政府介入", text, language), [first], rare).new
    assert any("政府介入" in word for word in new)
