"""A poll of many entries, stored a part after the other."""

import pytest
from samples.news import NOW, config, fresh, polled

from monitor.core.parts import parts, whole
from monitor.core.plan import is_quiet, plan_poll
from monitor.core.poll_facts import NO_FACTS


def poll(count, **keys):
    return polled(*(fresh(f"Title {number}", published_at=NOW) for number in range(count)), **keys)


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (4, [4]), (5, [4, 1]), (8, [4, 4]), (9, [4, 4, 1])])
def test_the_parts_hold_the_entries_in_their_order(count, sizes):
    whole_poll = poll(count)
    some = parts(whole_poll, 4)
    assert [len(part.examined) for part in some] == sizes
    assert sum((part.examined for part in some), ()) == whole_poll.examined


@pytest.mark.parametrize(
    ("matching", "size", "sizes"),
    [
        ("111", 5, [1, 1, 1]),
        ("111", 4, [1, 1, 1]),
        ("0000000000", 10, [10]),
        ("00000000001", 10, [10, 1]),
        ("110000", 10, [2, 4]),
        ("100001", 14, [6]),
        ("100001", 13, [5, 1]),
    ],
)
def test_entries_that_match_count_as_several(matching, size, sizes):
    examined = [fresh(f"Title {number}", *"r" * int(one)) for number, one in enumerate(matching)]
    some = parts(polled(*examined), size)
    assert [len(part.examined) for part in some] == sizes
    assert sum((part.examined for part in some), ()) == tuple(examined)


def test_only_the_last_part_carries_what_the_feed_became():
    *first, last = parts(poll(9, rekeyed={1: "keys"}), 4)
    assert all(part.more_follows and not part.rekeyed for part in first)
    assert not last.more_follows
    assert last.rekeyed


def test_a_restructured_feed_is_one_part():
    assert len(parts(poll(9, restructured="9 of its 9 entries came as new ones"), 4)) == 1


def test_a_part_that_is_not_the_last_leaves_state_pause_and_document_alone():
    plan = plan_poll(parts(poll(5), 4)[0], NO_FACTS, config=config())
    assert plan.more_follows
    assert (plan.host_pause, plan.entry_hashes) == (None, None)


def test_together_the_plans_are_what_the_poll_changed():
    plans = [plan_poll(part, NO_FACTS, config=config()) for part in parts(poll(9), 4)]
    assert len(whole(plans).new) == 9
    assert whole(plans).state == plans[-1].state


def test_a_poll_is_quiet_where_nothing_but_its_feeds_state_follows():
    assert is_quiet(poll(0))
    assert not is_quiet(poll(1))
    assert not is_quiet(poll(0, restructured="all of it"))
