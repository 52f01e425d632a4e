from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from samples.news import DAY, MINUTE, NOW, entry

from monitor.core.stories.changes import CHARACTERS, EDITS, KEPT_A_DAY, edits, is_kept
from monitor.model import Edit, Field


def made(before: str, after: str) -> list[tuple[str, str]]:
    return [(one.removed, one.added) for one in edits(entry(summary=before), entry(summary=after))]


def test_an_edit_is_the_words_that_were_changed_between_those_that_stayed():
    [edit] = edits(
        entry(title="Thirty-five allies adopt the Paris Declaration on Ukraine"),
        entry(title="Thirty-five allies sign the Paris Declaration on Ukraine"),
    )
    assert edit == Edit(
        field=Field.TITLE,
        before="Thirty-five allies",
        removed="adopt",
        added="sign",
        after="the Paris Declaration on",
    )


def test_edits_of_all_fields_are_in_the_order_of_the_text():
    before = entry(
        title="One", summary="a b c d e f", content="same", author="Ann", url="https://x.example/1"
    )
    after = entry(title="Two", summary="a x c d e y", content="same", author="Bob", url="https://x.example/2")
    assert [(one.field, one.removed, one.added) for one in edits(before, after)] == [
        (Field.TITLE, "One", "Two"),
        (Field.SUMMARY, "b", "x"),
        (Field.SUMMARY, "f", "y"),
        (Field.AUTHOR, "Ann", "Bob"),
        (Field.URL, "https://x.example/1", "https://x.example/2"),
    ]


def test_what_is_only_added_or_taken_out_says_so():
    assert made("It is signed.", "It is signed. Read more") == [("", "Read more")]
    assert made("Advertisement It is signed.", "It is signed.") == [("Advertisement", "")]
    assert made("", "All of it is new") == [("", "All of it is new")]


def test_edits_that_few_words_part_are_one():
    assert made("the first of five clauses", "the second of six clauses") == [
        ("first of five", "second of six")
    ]


def test_other_spaces_and_another_order_of_categories_are_no_edit():
    before = entry(summary="one two", categories=("a", "b"))
    assert edits(before, entry(summary="one\n two ", categories=("b", "a"))) == ()


def test_what_is_kept_of_a_change_is_bounded():
    long = " ".join(f"word{number}" for number in range(20_000))
    [whole] = edits(entry(summary=long), entry(summary="x" * 100_000))
    assert len(whole.removed) == len(whole.added) == CHARACTERS
    odd = " ".join(f"{number} a b c" for number in range(40))
    even = " ".join(f"-{number} a b c" for number in range(40))
    assert len(edits(entry(summary=odd), entry(summary=even))) == EDITS


def test_a_few_changes_of_an_entry_are_kept_a_day():
    kept = [NOW - DAY + number * MINUTE for number in range(1, KEPT_A_DAY + 1)]
    assert is_kept(kept[1:], NOW)
    assert not is_kept(kept, NOW)
    assert is_kept(kept, NOW + timedelta(minutes=1))  # the first was a day ago


words = st.lists(st.sampled_from(["a", "b", "c", "treaty"]), max_size=12)


@given(words, words)
def test_edits_are_there_where_and_only_where_words_differ(before, after):
    found = edits(entry(summary=" ".join(before)), entry(summary=" ".join(after)))
    assert bool(found) == (before != after)
    removed = [word for one in found for word in one.removed.split()]
    added = [word for one in found for word in one.added.split()]
    assert len(before) - len(removed) == len(after) - len(added)  # what stayed is the same on both sides
