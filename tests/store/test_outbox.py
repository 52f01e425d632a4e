"""The outbox: two senders never hold one row unless a lease ran out, nothing is lost, what was sent stays sent."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from samples.news import HOUR, MINUTE, NOW, delivery
from sqlalchemy import delete

from monitor.model import DeliveryState
from monitor.store import Store, outbox

LEASE = 5 * MINUTE
AN_INSTANT = timedelta(microseconds=1)
PENDING, HELD, SUMMARISED, LEASED, SENT, DEAD, DROPPED = DeliveryState


@pytest.fixture
def connection(store):
    with store.writing() as connection:
        yield connection


def lease(connection, now=NOW, *, by="one", channel="desk", limit=20):
    return outbox.lease(connection, now, for_=LEASE, token=by, channel=channel, limit=limit)


def only(connection):
    [[found]] = outbox.of_alerts(connection, None).values()
    return found


def test_what_was_enqueued_is_leased_when_it_is_due(connection):
    outbox.enqueue(connection, [delivery(next_attempt_at=NOW)])
    assert lease(connection, NOW - AN_INSTANT) == []
    [held] = lease(connection)
    assert (held.delivery.id, held.delivery.attempts) == ("d1", 1)
    assert (held.first_attempt_at, held.expires_at) == (NOW, NOW + LEASE)
    assert only(connection).state is LEASED


def test_a_second_enqueue_of_the_same_is_harmless(connection):
    outbox.enqueue(connection, [delivery()])
    [held] = lease(connection)
    outbox.mark_sent(connection, held, now=NOW, reply_to="")
    outbox.enqueue(connection, [delivery(), delivery(id="other spelling of the same key")])
    assert only(connection).state is SENT


def test_a_lease_is_nobody_elses_until_it_runs_out(connection):
    outbox.enqueue(connection, [delivery()])
    [held] = lease(connection)
    assert lease(connection, held.expires_at - AN_INSTANT, by="two") == []
    [again] = lease(connection, held.expires_at, by="two")
    assert again.delivery.attempts == 2
    assert again.first_attempt_at == NOW


@pytest.mark.parametrize(
    "answer",
    [
        lambda connection, held: outbox.mark_sent(connection, held, now=NOW, reply_to=""),
        lambda connection, held: outbox.mark_failed(connection, held, retry_at=NOW, error="no"),
        lambda connection, held: outbox.mark_dead(connection, held, error="no"),
        lambda connection, held: outbox.release(connection, held, now=NOW),
    ],
    ids=["sent", "failed", "dead", "release"],
)
def test_an_answer_after_the_lease_ran_out_changes_nothing(connection, answer):
    outbox.enqueue(connection, [delivery()])
    [late] = lease(connection)
    [held] = lease(connection, late.expires_at, by="two")
    before = only(connection)
    assert answer(connection, late) is False
    assert only(connection) == before
    assert answer(connection, held) is True


def test_the_oldest_come_first_and_no_more_than_asked_for(connection):
    rows = [
        delivery(id=f"d{number}", recipient=f"{number}@x.example", next_attempt_at=NOW - number * MINUTE)
        for number in (1, 3, 2)
    ]
    outbox.enqueue(connection, rows)
    assert [held.delivery.id for held in lease(connection, limit=2)] == ["d3", "d2"]


def test_a_recipient_has_one_message_under_way_the_oldest(connection):
    rows = [
        delivery(id=f"d{number}", alert_id=number, recipient=name, next_attempt_at=NOW - number * MINUTE)
        for number, name in enumerate(("ann@x.example", "ann@x.example", "bob@x.example"), 1)
    ]
    outbox.enqueue(connection, rows)
    assert [held.delivery.id for held in lease(connection, limit=4)] == ["d3", "d2"]


def test_only_the_channels_own_rows_are_leased(connection):
    outbox.enqueue(connection, [delivery(), delivery(id="d2", channel="mail", recipient="ann@x.example")])
    assert outbox.channels_with_due(connection, NOW) == ["desk", "mail"]
    assert [held.delivery.id for held in lease(connection, channel="mail")] == ["d2"]
    assert outbox.channels_with_due(connection, NOW) == ["desk"]


def test_a_failure_is_due_again_at_its_time_with_its_reason(connection):
    outbox.enqueue(connection, [delivery()])
    [held] = lease(connection)
    outbox.mark_failed(connection, held, retry_at=NOW + HOUR, error="refused")
    failed = only(connection)
    assert (failed.state, failed.next_attempt_at, failed.last_error) == (PENDING, NOW + HOUR, "refused")
    assert lease(connection, NOW + HOUR - AN_INSTANT) == []
    [again] = lease(connection, NOW + HOUR)
    outbox.mark_sent(connection, again, now=NOW + HOUR, reply_to="thread")
    sent = only(connection)
    assert (sent.state, sent.sent_at, sent.last_error, sent.reply_to) == (SENT, NOW + HOUR, "", "thread")


def test_what_is_given_back_unsent_is_due_at_once_and_counts_no_attempt(connection):
    outbox.enqueue(connection, [delivery()])
    [held] = lease(connection)
    outbox.release(connection, held, now=NOW)
    assert (only(connection).state, only(connection).attempts) == (PENDING, 0)
    assert len(lease(connection)) == 1


def test_closing_group_wait_hurries_what_was_never_tried_and_nothing_else(connection):
    outbox.enqueue(connection, [delivery(next_attempt_at=NOW + MINUTE), delivery(id="d2", alert_id=2)])
    [held] = lease(connection)
    outbox.mark_failed(connection, held, retry_at=NOW + HOUR, error="refused")
    outbox.close_group_wait(connection, NOW)
    due_at = {one.id: one.next_attempt_at for [one] in outbox.of_alerts(connection, None).values()}
    assert due_at == {"d1": NOW, "d2": NOW + HOUR}


def test_a_person_may_retry_what_was_given_up_but_never_what_was_sent(connection):
    outbox.enqueue(connection, [delivery(), delivery(id="d2", channel="mail")])
    [held] = lease(connection)
    outbox.mark_sent(connection, held, now=NOW, reply_to="")
    [held] = lease(connection, channel="mail")
    outbox.mark_dead(connection, held, error="no such user")
    assert outbox.retry(connection, 1, now=NOW + HOUR) == 1
    [again] = lease(connection, NOW + HOUR, channel="mail")
    assert again.first_attempt_at == NOW + HOUR, "the 72 hours begin anew"
    assert outbox.retry(connection, 7, now=NOW) == 0


def test_what_is_dropped_is_not_sent_and_what_is_being_sent_is_left_alone(connection):
    outbox.enqueue(connection, [delivery(), delivery(id="d2", channel="mail")])
    [held] = lease(connection)
    assert outbox.drop(connection, 1) == 1
    assert lease(connection, channel="mail") == []
    assert outbox.mark_sent(connection, held, now=NOW, reply_to="") is True
    assert outbox.counts(connection) == {SENT: 1, DROPPED: 1}


# ── whatever comes ──


class Outbox(RuleBasedStateMachine):
    """Many senders, which answer in time, late (when another holds the row) or never."""

    held = Bundle("held")
    store: Store
    """One for all runs, emptied before each: to make one takes longer than a run."""

    def __init__(self):
        super().__init__()
        with self.store.writing() as connection:
            connection.execute(delete(outbox.DELIVERY))
        self.now = NOW
        self.tokens = 0
        self.enqueued: set[str] = set()
        self.holders: dict[str, object] = {}
        self.sent: set[str] = set()

    def holds(self, lease):
        return self.holders.get(lease.delivery.id) is lease

    @initialize(target=held)
    def begin(self):
        self.enqueue(1, wait=0)
        self.enqueue(2, wait=0)
        return self._leased()

    @rule(number=st.integers(1, 2), wait=st.integers(0, 2))
    def enqueue(self, number, wait):
        with self.store.writing() as connection:
            outbox.enqueue(
                connection,
                [delivery(id=f"d{number}", alert_id=number, next_attempt_at=self.now + wait * MINUTE)],
            )
        self.enqueued.add(f"d{number}")

    @rule(target=held)
    def lease(self):
        return self._leased()

    @rule(target=held)
    def take_over(self):
        """Every lease runs out; whoever held one may still answer, late."""
        self.now += LEASE
        return self._leased()

    def _leased(self):
        self.tokens += 1
        with self.store.writing() as connection:
            leases = outbox.lease(
                connection, self.now, for_=LEASE, token=f"{self.tokens}", channel="desk", limit=1
            )
        for lease in leases:
            before = self.holders.get(lease.delivery.id)
            assert before is None or before.expires_at <= self.now, "two hold one row"
            assert lease.delivery.id not in self.sent, "what was sent is sent again"
            self.holders[lease.delivery.id] = lease
        return multiple(*leases)

    @rule()
    def wait(self):
        self.now += MINUTE

    @rule(lease=consumes(held))
    def sent_it(self, lease):
        self._answer(lease, lambda connection: outbox.mark_sent(connection, lease, now=self.now, reply_to=""))
        if lease.delivery.id not in self.holders and self._state(lease.delivery.id) is SENT:
            self.sent.add(lease.delivery.id)

    @rule(lease=consumes(held), minutes=st.integers(0, 3))
    def failed(self, lease, minutes):
        at = self.now + minutes * MINUTE
        self._answer(lease, lambda connection: outbox.mark_failed(connection, lease, retry_at=at, error="no"))

    @rule(lease=consumes(held))
    def died(self, lease):
        self._answer(lease, lambda connection: outbox.mark_dead(connection, lease, error="no"))

    @rule(lease=consumes(held))
    def released(self, lease):
        self._answer(lease, lambda connection: outbox.release(connection, lease, now=self.now))

    @rule(number=st.integers(1, 2))
    def retry(self, number):
        with self.store.writing() as connection:
            outbox.retry(connection, number, now=self.now)

    @rule(number=st.integers(1, 2))
    def drop(self, number):
        with self.store.writing() as connection:
            outbox.drop(connection, number)

    @invariant()
    def nothing_is_lost_and_what_was_sent_stays_sent(self):
        with self.store.reading() as connection:
            found = {one.id: one for some in outbox.of_alerts(connection, None).values() for one in some}
        assert found.keys() == self.enqueued
        assert all(found[delivery_id].state is SENT for delivery_id in self.sent)
        leased = {one.id for one in found.values() if one.state is LEASED}
        assert leased == self.holders.keys()

    def _answer(self, lease, answer):
        """Only who holds a row may change it."""
        with self.store.writing() as connection:
            assert answer(connection) == self.holds(lease)
        if self.holds(lease):
            del self.holders[lease.delivery.id]

    def _state(self, delivery_id):
        with self.store.reading() as connection:
            found = outbox.of_alerts(connection, [int(delivery_id[1:])])
        return found[int(delivery_id[1:])][0].state


def test_whatever_senders_do_no_two_hold_a_row_nothing_is_lost_and_what_was_sent_stays_sent(store):
    Outbox.store = store
    run_state_machine_as_test(
        Outbox, settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
    )
