"""All workers run on what was published, and else on what most of them run on."""

import pytest

from monitor.core.agreement import version_to_run


@pytest.mark.parametrize(
    ("published", "running", "version"),
    [
        (None, [], ""),
        (None, [""], ""),
        (None, ["a"], "a"),
        (None, ["a", "b"], "a"),  # the longest at work first
        (None, ["a", "b", "b"], "b"),
        (None, ["a", "b", "a", "b"], "a"),
        (None, ["", "", "b"], "b"),  # who has none yet has no say
        ("p", [], "p"),
        ("p", ["a", "a"], "p"),
        ("p", ["p", "a", "a"], "p"),
    ],
)
def test_which_version_counts(published, running, version):
    assert version_to_run(published, running) == version
