"""A newcomer's rule, tuned by labels for what `misses` shows: what it finds in the end."""

import pytest
from tuning.topics import User, halves, naive, rows

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
