"""Detection, on the labelled stories."""

import json
from pathlib import Path

import pytest

from monitor.core.text.html import to_text
from monitor.core.text.languages import IN_THE_NEWS, LANGUAGES, canonical, detect

ENTRIES = Path(__file__).parents[2] / "data" / "stories" / "entries.dev.jsonl"


def test_titles_of_the_labelled_stories_are_told_rightly_or_not_at_all():
    entries = [json.loads(line) for line in ENTRIES.read_text().splitlines()]
    told = [(detect(to_text(entry["title"]), prior=None), entry["lang"]) for entry in entries]
    assert not [(found, meant) for found, meant in told if found not in {meant, None}]
    assert sum(found is not None for found, _ in told) >= 0.9 * len(told)


@pytest.mark.parametrize("text", ["", "   ", "12 345", "€€€"])
def test_what_has_no_words_has_no_language(text):
    assert detect(text, prior=None) is None


def test_a_feeds_language_decides_where_the_text_does_not():
    assert detect("OK", prior="sv") == "sv"
    assert detect("La France et le Royaume-Uni signent une déclaration commune", prior="en") == "fr"


def test_codes_are_one_for_each_language():
    assert canonical(" NB ") == "no"
    assert canonical("fr") == "fr"
    assert set(IN_THE_NEWS) <= LANGUAGES


@pytest.mark.parametrize(
    ("text", "prior", "told"),
    [
        ("排出量取引の「有志連合」、パリ協定の枠内で始動へ", "ja", "ja"),
        ("首脳会談", "ja", "ja"),
        ("安全保障で合意", "ja", "ja"),
        ("パリ宣言に署名", None, "ja"),
        ("파리 선언 서명", None, "ko"),
        (
            "法国总统在巴黎与多国领导人签署安全保障声明，乌克兰总统出席了签字仪式，会谈持续了九个小时。",
            "ja",
            "zh",
        ),
    ],
)
def test_a_japanese_headline_without_kana_is_not_taken_for_chinese(text, prior, told):
    assert detect(text, prior=prior) == told
