from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.news import DAY, HOUR, MINUTE, NOW, channel, config, entry, match, rules

from monitor.core.alerts.dedup import EarlierOutcome, ToldAlert
from monitor.core.alerts.planner import AlertPlanner
from monitor.core.alerts.told_threads import ToldThreads
from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.report import report_of
from monitor.model import AlertKind, Verdict

SIGNED = "Thirty-five countries signed the declaration at the palace on Tuesday evening, after nine hours of talks."
FIRST = entry(id=1, summary=SIGNED)


class Tellings(AlertPlanner):
    """Told of entries; what they say is made of them, and open from then on. Those of `stored` were before."""

    def __init__(self, *, told=None, own=None, stored=(), became=None):
        self.reports = OpenReports(report(one) for one in stored)
        said = ToldThreads(self.reports, became or {}, lambda _: 1.0)
        super().__init__(told=told or {}, next_alert_id=10, config=own or config(), now=NOW, said=said)

    def tell(self, entry, match, *, was_there=""):
        self.reports.add(report(entry))
        super().tell(entry, match, report(entry), was_there=was_there)

    def changes(self, entry, *rule_ids):
        before = self.reports.get(entry.id)
        self.reports.add(report(entry))
        self.retell(entry, report(entry), rule_ids, before=before)


def report(one):
    made = report_of(one, entry_id=one.id, feed_id=one.feed_id, reported_at=NOW - HOUR, language="en")
    return replace(made, story_id=one.story_id, copy_of=one.copy_of)


def telling(**keys):
    return Tellings(**keys)


def told_story(**keys):
    """A story that the rule told by entry 1, in an alert that has gone."""
    return telling(
        told={(1, "paris"): ToldAlert(alert_id=7)},
        stored=[FIRST],
        became={(1, "paris"): EarlierOutcome(Verdict.ALERTED, told=True)},
        **keys,
    )


def recipients(telling):
    return sorted((one.channel, one.recipient) for one in telling.deliveries.values())


def verdicts(telling):
    return [decision.verdict for decision in telling.decisions]


# ── one alert for a story ──


def test_the_first_match_makes_an_alert_that_waits_for_further_reports():
    made = telling(own=config(group_wait=30 * MINUTE))
    made.tell(entry(), match())
    [alert] = made.alerts
    assert (alert.id, alert.kind, alert.story_id, alert.entry_id, alert.rules) == (
        10, AlertKind.NEW, 1, 1, ("paris",),
    )  # fmt: skip
    assert (alert.created_at, alert.send_at) == (NOW, NOW + 30 * MINUTE)
    [delivery] = made.deliveries.values()
    assert (delivery.alert_id, delivery.next_attempt_at) == (10, NOW + 30 * MINUTE)
    assert made.decisions[0].alert_id == made.told[1, "paris"].alert_id == 10


def test_a_further_report_in_the_same_poll_joins_the_alert():
    made = telling()
    made.tell(entry(id=1), match())
    made.tell(entry(id=2), match())
    assert verdicts(made) == [Verdict.ALERTED, Verdict.JOINED_ALERT]
    assert [decision.alert_id for decision in made.decisions] == [10, 10]
    assert len(made.alerts) == len(made.deliveries) == 1


def test_a_further_report_joins_an_alert_of_an_earlier_poll_that_was_not_sent_yet():
    made = telling(told={(1, "paris"): ToldAlert(alert_id=7, waits_until=NOW + MINUTE)})
    made.tell(entry(), match())
    [decision] = made.decisions
    assert (decision.verdict, decision.alert_id) == (Verdict.JOINED_ALERT, 7)
    assert not made.alerts
    assert not made.deliveries
    assert not made.told


def test_a_report_that_says_what_was_told_is_no_alert():
    made = told_story()
    made.tell(entry(id=2, summary=SIGNED, feed_id="other"), match())
    made.tell(entry(id=3, summary=SIGNED, feed_id="third", copy_of=1), match())
    assert verdicts(made) == [Verdict.JOINED_STORY, Verdict.COPY]
    assert [decision.alert_id for decision in made.decisions] == [None, None]
    assert not made.alerts
    assert made.threads[1].update_at == NOW + HOUR, "what repeats it is counted"


NEWS = "President Rutte withdrew his signature on Wednesday; 12 ministers have resigned over the cost of 900 million."


def test_a_report_that_says_something_new_is_an_update_that_begins_with_it():
    made = told_story()
    made.tell(entry(id=2, title="Rutte withdraws signature", summary=f"{SIGNED} {NEWS}"), match())
    [alert] = made.alerts
    assert (alert.kind, alert.entry_id, alert.story_id, alert.rules) == (AlertKind.UPDATE, 2, 1, ("paris",))
    assert alert.text.startswith("New: ")
    assert "Rutte" in alert.text
    assert alert.send_at == NOW + config().alerting.group_wait
    assert verdicts(made) == [Verdict.ALERTED]
    assert (made.told, made.updated) == ({}, {(1, "paris"): 10})


def test_an_urgent_rules_update_goes_at_once():
    made = told_story(own=config(rules=rules("paris", priority="urgent")))
    made.tell(entry(id=2, title="Rutte withdraws signature", summary=NEWS), match())
    assert [alert.send_at for alert in made.alerts] == [NOW]


def test_what_is_new_is_told_once():
    made = told_story()
    for number in (2, 3):
        later = entry(id=number, feed_id=f"feed{number}", title="Rutte withdraws signature", summary=NEWS)
        made.tell(later, match())
    assert verdicts(made) == [Verdict.ALERTED, Verdict.JOINED_ALERT]
    assert [decision.alert_id for decision in made.decisions] == [10, 10]
    assert len(made.alerts) == 1


def test_rules_that_are_told_the_same_news_share_the_update():
    made = telling(
        told={(1, rule_id): ToldAlert(alert_id=7) for rule_id in ("paris", "london")},
        stored=[FIRST],
        became={(1, rule_id): EarlierOutcome(Verdict.ALERTED, told=True) for rule_id in ("paris", "london")},
    )
    for rule_id in ("paris", "london"):
        made.tell(entry(id=2, title="Rutte withdraws signature", summary=NEWS), match(rule_id))
    assert len(made.alerts) == len(made.deliveries) == 1
    assert made.updated == {(1, "paris"): 10, (1, "london"): 10}


@pytest.mark.parametrize(
    ("updates", "told"), [("all", [True, True, False]), ("new", [False, True, False]), ("none", [False] * 3)]
)
def test_a_rule_says_which_reports_are_updates(updates, told):
    """A repetition, news, a copy."""
    comes = [
        {"summary": SIGNED, "title": "Declaration is signed"},
        {"summary": NEWS, "title": "Rutte withdraws signature"},
        {"summary": SIGNED, "copy_of": 1},
    ]
    found = []
    for number, one in enumerate(comes, 2):
        made = told_story(own=config(rules=rules("paris", updates=updates)))
        made.tell(entry(id=number, feed_id="other", **one), match())
        found.append(bool(made.alerts))
    assert found == told


def test_an_edit_that_says_something_new_is_an_update_and_one_that_does_not_is_none():
    made = told_story()
    made.changes(
        replace(FIRST, summary=SIGNED.replace("Thirty-five countries", "Some 35 countries")), "paris"
    )
    assert not made.alerts
    made = told_story()
    made.changes(replace(FIRST, title="Rutte withdraws signature", summary=NEWS), "paris")
    assert [(alert.kind, alert.entry_id) for alert in made.alerts] == [(AlertKind.UPDATE, 1)]
    assert not made.decisions, "what was decided of its match stays"


def test_an_edit_of_what_was_not_told_to_a_rule_is_none_of_its_business():
    made = told_story()
    made.changes(replace(FIRST, title="Rutte withdraws signature", summary=NEWS), "london")
    assert not made.alerts


def test_two_stories_are_two_alerts():
    made = telling()
    made.tell(entry(id=1, story_id=1), match())
    made.tell(entry(id=2, story_id=2), match())
    assert [alert.id for alert in made.alerts] == [10, 11]
    assert made.next_alert_id == 12


# ── several rules ──


def test_a_second_rule_joins_an_alert_that_waits():
    made = telling(own=config(rules=rules("paris") | rules("london", alert=("mail",))))
    made.tell(entry(), match("paris"))
    made.tell(entry(), match("london"))
    assert [alert.kind for alert in made.alerts] == [AlertKind.NEW]
    assert {key: told.alert_id for key, told in made.told.items()} == {(1, "paris"): 10, (1, "london"): 10}
    assert verdicts(made) == [Verdict.ALERTED, Verdict.ALERTED]


def test_the_second_rules_recipients_get_the_waiting_alert_too():
    made = telling(own=config(rules=rules("paris") | rules("london", alert=("desk", "mail"))))
    made.tell(entry(), match("paris"))
    made.tell(entry(), match("london"))
    assert recipients(made) == [("desk", ""), ("mail", "ann@x.example"), ("mail", "bob@x.example")]
    assert {one.next_attempt_at for one in made.deliveries.values()} == {made.alerts[0].send_at}


def test_a_second_rule_makes_an_update_of_a_story_whose_alert_has_gone():
    made = telling(told={(1, "paris"): ToldAlert(alert_id=7)})
    made.tell(entry(), match("london"))
    [alert] = made.alerts
    assert (alert.id, alert.kind, alert.rules) == (10, AlertKind.UPDATE, ("london",))


def test_a_third_rule_joins_the_update_that_waits_not_the_alert_that_has_gone():
    sent, waiting = ToldAlert(alert_id=7), ToldAlert(alert_id=8, waits_until=NOW + MINUTE)
    own = config(rules=rules("paris", "london", "rome"))
    made = telling(told={(1, "paris"): sent, (1, "london"): waiting}, own=own)
    made.tell(entry(), match("rome"))
    assert made.told[1, "rome"].alert_id == 8
    assert not made.alerts


# ── who gets it ──


def test_a_rule_that_names_no_channel_uses_the_default():
    made = telling(own=config(default=("mail",)))
    made.tell(entry(), match())
    assert recipients(made) == [("mail", "ann@x.example"), ("mail", "bob@x.example")]


def test_a_rules_recipients_stand_in_for_those_of_channels_that_have_any():
    made = telling(own=config(rules=rules("paris", alert=("desk", "mail"), recipients=("eve@x.example",))))
    made.tell(entry(), match())
    assert recipients(made) == [("desk", ""), ("mail", "eve@x.example")]


def test_an_alert_to_a_channel_that_the_config_lost_is_kept_for_the_outbox_to_report():
    made = telling(own=config(rules=rules("paris", alert=("gone",))))
    made.tell(entry(), match())
    assert recipients(made) == [("gone", "")]


# ── when not ──


def test_the_stricter_of_the_two_age_limits_holds():
    own = config(max_age=2 * DAY, rules=rules("paris", max_age=HOUR) | rules("london", max_age=30 * DAY))
    made = telling(own=own)
    for number, age in enumerate((2 * HOUR, 3 * DAY)):
        old = entry(id=number, story_id=number, published_at=NOW - age)
        made.tell(old, match("paris"))
        made.tell(old, match("london"))
    assert verdicts(made) == [Verdict.TOO_OLD, Verdict.ALERTED, Verdict.TOO_OLD, Verdict.TOO_OLD]


def test_what_was_there_before_does_not_use_up_the_storys_alert():
    made = telling()
    made.tell(FIRST, match(), was_there="it was in the feed before the first poll")
    made.tell(entry(id=2, title="Rutte withdraws signature", summary=NEWS, feed_id="other"), match())
    assert verdicts(made) == [Verdict.BASELINE, Verdict.ALERTED]
    assert made.alerts[0].entry_id == 2


@pytest.mark.parametrize(
    ("later", "verdict"),
    [
        ({"feed_id": "other", "copy_of": 1, "summary": SIGNED}, Verdict.BASELINE),
        ({"feed_id": "wire", "summary": SIGNED}, Verdict.BASELINE),
        ({"feed_id": "other", "summary": SIGNED}, Verdict.ALERTED),  # nothing proves that the user knew it
        ({"feed_id": "wire", "copy_of": 1, "summary": f"{SIGNED} {NEWS}"}, Verdict.ALERTED),
    ],
)
def test_a_proven_copy_of_what_was_there_before_is_no_news(later, verdict):
    made = telling()
    made.tell(FIRST, match(), was_there="it was in the feed before the first poll")
    made.tell(entry(id=2, **later), match())
    assert verdicts(made) == [Verdict.BASELINE, verdict]


# ── notes ──


def test_a_note_goes_to_the_operators_channels_at_once():
    made = telling(own=config(operator=("desk", "mail")))
    made.note("Feed wire is polled no more", key="stopped wire 3")
    [alert] = made.alerts
    assert (alert.kind, alert.text, alert.note_key) == (
        AlertKind.NOTE, "Feed wire is polled no more", "stopped wire 3",
    )  # fmt: skip
    assert (alert.story_id, alert.entry_id, alert.send_at) == (None, None, NOW)
    assert recipients(made) == [("desk", ""), ("mail", "ann@x.example"), ("mail", "bob@x.example")]


def test_a_note_about_a_channel_goes_to_the_others():
    made = telling(own=config(operator=("desk", "mail")))
    made.note("mail is broken", key="dead d1", except_channel="mail")
    assert recipients(made) == [("desk", "")]


def test_without_another_channel_for_the_operator_there_is_no_note():
    made = telling(own=config(operator=("mail",)))
    made.note("mail is broken", key="dead d1", except_channel="mail")
    telling().note("nobody listens", key="stopped wire 3")
    assert not made.alerts
    assert made.next_alert_id == 10


# ── whatever comes ──

MANY = config(
    rules=rules("paris", "london")
    | rules("rome", alert=("mail", "desk"), recipients=("eve@x.example",))
    | rules("old", max_age=HOUR),
    channels={"desk": channel("desk"), "mail": channel("mail", "ann@x.example", "bob@x.example")},
)
reports = st.tuples(
    st.builds(
        entry,
        id=st.integers(1, 5),
        story_id=st.integers(1, 3),
        copy_of=st.none() | st.integers(1, 5),
        published_at=st.none() | st.sampled_from([NOW, NOW - 2 * HOUR, NOW - 30 * DAY, NOW + DAY]),
    ),
    st.sampled_from(sorted(MANY.rules)).map(match),
    st.sampled_from(["", "it was in the feed before the first poll"]),
)
told_before = st.dictionaries(
    st.tuples(st.integers(1, 3), st.sampled_from(sorted(MANY.rules))),
    st.builds(ToldAlert, alert_id=st.integers(1, 9), waits_until=st.sampled_from([None, NOW - MINUTE, NOW + MINUTE])),
)  # fmt: skip


@given(told_before, st.lists(reports, max_size=30))
def test_a_rule_tells_a_story_as_new_at_most_once_whatever_comes(told, coming):
    made = telling(told=told, own=MANY)
    for one, matched, was_there in coming:
        made.tell(one, matched, was_there=was_there)
    new = [(alert.story_id, rule_id) for alert in made.alerts for rule_id in alert.rules
           if alert.kind is AlertKind.NEW]  # fmt: skip
    assert len(new) == len(set(new))
    assert not set(new) & set(told)
    assert not set(made.told) & set(told)


@given(told_before, st.lists(reports, max_size=30))
def test_every_match_is_decided_with_a_reason_and_every_alert_reaches_somebody(told, coming):
    made = telling(told=told, own=MANY)
    for one, matched, was_there in coming:
        made.tell(one, matched, was_there=was_there)
    assert len(made.decisions) == len(coming)
    assert all(decision.reason for decision in made.decisions)
    reached = {delivery.alert_id for delivery in made.deliveries.values()}
    assert {alert.id for alert in made.alerts} <= reached
    assert {told.alert_id for told in made.told.values()} <= reached


@given(told_before, st.lists(reports, max_size=30))
def test_alert_ids_are_given_once_and_deliveries_have_one_row_for_each_recipient(told, coming):
    made = telling(told=told, own=MANY)
    for one, matched, was_there in coming:
        made.tell(one, matched, was_there=was_there)
    assert [alert.id for alert in made.alerts] == list(range(10, made.next_alert_id))
    keys = [(one.alert_id, one.channel, one.recipient) for one in made.deliveries.values()]
    assert len(keys) == len(set(keys))
