"""What people said of entries is kept, replaced and taken back."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import Label, Mark
from monitor.store import labels

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def said(mark, entry_id=7, *, rule="docks", at=NOON, other=None):
    about_a_rule = mark in {Mark.RIGHT, Mark.WRONG, Mark.MISSED}
    return Label(
        entry_id=entry_id, mark=mark, rule_id=rule if about_a_rule else "", labelled_at=at, other_id=other
    )


@pytest.mark.parametrize("mark", list(Mark))
def test_what_was_said_is_read_as_it_was_said(store, mark):
    label = said(mark, other=3 if mark in {Mark.NOT_A_COPY, Mark.SPLIT} else None)
    with store.writing() as connection:
        labels.save(connection, [label])
        assert labels.listed(connection) == [label]


def test_the_last_word_about_a_rule_counts_and_the_others_stay(store):
    later = said(Mark.WRONG, at=NOON + timedelta(minutes=1))
    other_rule = said(Mark.MISSED, rule="fines")
    no_copy = said(Mark.NOT_A_COPY, other=3)
    with store.writing() as connection:
        labels.save(connection, [said(Mark.RIGHT), other_rule, no_copy])
        labels.save(connection, [later])
        assert set(labels.listed(connection)) == {later, other_rule, no_copy}
        assert labels.listed(connection, rule_id="docks") == [later]
        labels.take_back(connection, later)
        assert set(labels.listed(connection, entry_ids=[7])) == {other_rule, no_copy}
        assert labels.listed(connection, entry_ids=[8]) == []
