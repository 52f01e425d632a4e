import pytest

from monitor.core.alerts.thresholds import NotWider, Reach, Wider, is_wider, next_threshold


def coverage(**keys):
    """Nothing is wider but what is given."""
    given = {
        "outlets_then": 4,
        "outlets": 4,
        "languages_then": frozenset({"en"}),
        "languages": frozenset({"en"}),
    }
    return Reach(**{**given, **keys})


def test_nothing_wider_says_how_far_the_next_threshold_is():
    assert is_wider(coverage(outlets_then=12, outlets=22)) == NotWider("below threshold 22 of 30")


@pytest.mark.parametrize(
    ("then", "now", "new"),
    [
        (1, 2, False),
        (1, 3, True),
        (3, 9, False),
        (3, 10, True),
        (9, 10, True),
        (10, 29, False),
        (1, 400, True),
    ],
)
def test_a_story_is_larger_at_each_threshold(then, now, new):
    found = is_wider(coverage(outlets_then=then, outlets=now))
    assert (
        found == Wider(f"New: {now} outlets tell it ({then} before)") if new else isinstance(found, NotWider)
    )


def test_the_thresholds_go_on_without_end():
    at, found = 0, []
    for _ in range(8):
        at = next_threshold(at)
        found.append(at)
    assert found == [3, 10, 30, 100, 300, 1000, 3000, 10_000]


def test_languages_are_new_once():
    more = coverage(languages=frozenset({"en", "uk", "de"}))
    assert is_wider(more) == Wider("New: told in de, uk too")


def test_both_are_in_one_line():
    assert is_wider(coverage(outlets=10, languages=frozenset({"en", "fr"}))) == Wider(
        "New: 10 outlets tell it (4 before); told in fr too"
    )
