"""The index of reports in memory: whatever is added and removed, it says what a dictionary of sets says."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stories.postings import Postings

KEYS = st.lists(st.sampled_from(["dock", "&hrv", "#12", "@FR"]), max_size=6)


@given(st.lists(st.tuples(st.integers(-2, 6), KEYS), max_size=60))
def test_it_says_what_was_added_and_not_removed(changes):
    """A report that comes again is taken out first, with the keys that it has."""
    index, added = Postings(), {}
    for number, keys in changes:
        if number in added:
            index.remove(number, [*added.pop(number), "never added"])
        else:
            index.add(number, keys)
            added[number] = keys
    wanted = defaultdict(list)
    for number, keys in added.items():
        for key in dict.fromkeys(keys):
            wanted[key].append(number)
    assert {key: list(index.get(key)) for key in index} == wanted
    assert index.among(["dock", "else"]) == wanted.keys() & {"dock", "else"}
