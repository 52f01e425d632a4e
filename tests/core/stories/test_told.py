"""Whether what comes is told: the kinds of `data/told/cases.toml`, each with a floor."""

import pytest
from told_cases import cases, kinds

CASES = list(cases())
KINDS = kinds()


@pytest.mark.parametrize("kind", KINDS)
def test_news_is_told_and_the_same_again_is_not(kind):
    wrong = [case.then.headline for case in CASES if case.kind == kind and case.is_told() != case.told]
    assert len(wrong) <= KINDS[kind].get("wrong", 1), wrong


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_eight_cases_in_several_languages(kind):
    of_kind = [case for case in CASES if case.kind == kind]
    assert len(of_kind) >= 8
    assert len({case.language for case in of_kind}) >= 4
