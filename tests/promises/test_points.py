"""What was once seen wrong, each as a kind: ten cases and more in several languages, through a whole monitor.

Kinds that one decision settles are in `data/told/cases.toml`; here are those that polls, identity and messages have a
part in.
"""

from pathlib import Path

import pytest
from played import play
from scenarios import scenarios

FOLDER = Path(__file__).parents[1] / "data/points"
CASES = [one for one in scenarios(FOLDER.glob("*.toml")) if not one.hard]
KINDS = {one.family for one in CASES}
THREADS = {"one-page": 0.85, "reused-guids": 1.0}
"""Share of what is told that is in the right thread, at least."""


@pytest.fixture(scope="module")
def played():
    return {one.id: play(one) for one in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.id)
def test_news_is_told_and_what_was_there_is_not(played, case):
    wrong = [one.raw["title"] for one in played[case.id] if not one.right]
    assert not wrong


@pytest.mark.parametrize(("kind", "floor"), THREADS.items())
def test_news_of_its_own_has_a_thread_of_its_own(played, kind, floor):
    told = [one.in_thread for case in CASES if case.family == kind for one in played[case.id]]
    assert told.count(True) >= floor * len(told)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_eight_cases_in_four_languages(kind):
    of_kind = [one for one in CASES if one.family == kind]
    assert len(of_kind) >= 8
    assert len({one.language for one in of_kind}) >= 4
