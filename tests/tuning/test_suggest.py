"""A newcomer's rule, tuned by labels for what `misses` shows: what it finds in the end."""

import pytest
from tuning.topics import User, halves, naive, rows

from monitor.tuning.closeness import in_letters
from monitor.tuning.misses import Known
from monitor.tuning.rule_history import kept_back
from monitor.tuning.suggestion import suggested

RULES = naive()


@pytest.mark.parametrize("topic", RULES)
def test_five_rounds_teach_a_naive_rule_its_topic(topic):
    some = halves(rows(), 1)[0]
    user = User(topic, some, RULES[topic])
    before = user.figures(some)
    for _ in range(5):
        user.round()
    right, wanted, false, elsewhere = user.figures(some)
    print(topic, before, (right, wanted, false, elsewhere), user.true_of_ten)
    assert right / wanted >= 0.6
    assert right / (right + false + elsewhere) >= 0.8
    assert right > before[0]


def test_what_is_kept_back_stays_so_and_is_not_learned():
    entries = range(1, 1001)
    first, then = (kept_back(Known(right=frozenset(entries[:some]))) for some in (500, 1000))
    assert first == {i for i in then if i <= 500}
    assert 40 <= len(then) <= 90
    user = User("T4", halves(rows(), 1)[0], RULES["T4"])
    user.said = {
        number: row["topic"] == "T4" and bool(row["label"]) for number, row in enumerate(user.some, 1)
    }
    history = user.history()
    proposal = suggested(history, closeness=in_letters, every=False)
    assert sum(proposal.kept) == len(kept_back(history.known)) > 0
    whole = suggested(history, closeness=in_letters, every=True)
    assert whole.kept == (0, 0)
    assert whole.missed <= proposal.missed
