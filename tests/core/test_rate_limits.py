"""What servers say of how often they may be asked, in every form that is met: `tests/data/publishers`."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.rate_limits import INSTANT_MS, INSTANT_S, RateLimit, rate_limit
from monitor.core.retry_after import CEILING_S

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
FILE = Path(__file__).parents[1] / "data" / "publishers" / "rate_limits.toml"
CASES = tomllib.loads(FILE.read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_limit_means_what_it_says(case):
    header = {name.lower(): value for name, value in case["headers"].items()}
    expected = RateLimit(case.get("remaining"), case.get("reset_s"))
    assert rate_limit(header, now=NOW) == expected
    assert expected.is_spent == (case.get("remaining") == 0)


NAMES = st.sampled_from(["ratelimit", "ratelimit-reset", "x-ratelimit-reset", "x-ratelimit-remaining"])


@given(
    st.dictionaries(
        NAMES,
        st.text(max_size=40)
        | st.floats(0, 1e18).map(str)
        | st.integers(0, 10**20).map(str)
        | st.integers(0, 10**20).map('"d";r=0;t={}'.format),
    )
)
def test_whatever_they_say_is_a_bounded_wait_or_none(header):
    said = rate_limit(header, now=NOW)
    assert said.reset_s is None or 0 <= said.reset_s <= CEILING_S
    assert said.remaining is None or said.remaining >= 0


def test_now_counts_as_an_instant_in_seconds_and_in_milliseconds():
    assert INSTANT_S < NOW.timestamp() < INSTANT_MS < NOW.timestamp() * 1000
