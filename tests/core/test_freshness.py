"""How long an answer calls itself fresh: `politeness.md` 8, RFC 9111 §4.2 and §5.3."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.freshness import fresh_s
from monitor.core.retry_after import CEILING_S

NOW = datetime(2026, 1, 6, 19, 0, tzinfo=UTC)
IN_AN_HOUR, AN_HOUR_AGO = "Tue, 06 Jan 2026 20:00:00 GMT", "Tue, 06 Jan 2026 18:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "no-cache, private"}, None),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public,MAX-AGE=600, must-revalidate"}, 600),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "601"}, 0),
        ({"cache-control": "max-age=600", "age": "-5"}, 600),
        ({"cache-control": "max-age=600", "age": "soon"}, 600),
        ({"cache-control": "s-maxage=600"}, None),  # for caches that many share
        ({"cache-control": "x-max-age=600"}, None),
        ({"cache-control": "max-age=600, max-age=60"}, 600),  # "the first occurrence should be used"
        ({"cache-control": "max-age=often"}, 0),  # invalid is stale
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "max-age=" + "9" * 5000}, CEILING_S),
        ({"cache-control": "max-age=60", "expires": IN_AN_HOUR}, 60),
        ({"cache-control": "no-cache", "expires": IN_AN_HOUR}, 3600),
        ({"expires": IN_AN_HOUR}, 3600),
        ({"expires": IN_AN_HOUR, "age": "600"}, 3000),
        ({"expires": IN_AN_HOUR, "date": AN_HOUR_AGO}, 7200),  # by the server's clock
        ({"expires": AN_HOUR_AGO}, 0),
        ({"expires": "0"}, 0),
        ({"expires": "-1"}, 0),
        ({"expires": "Fri, 99 Feb 20266 99:00:00 GMT"}, 0),
    ],
)
def test_freshness_is_what_the_headers_say(headers, seconds):
    assert fresh_s(headers, now=NOW) == seconds


@given(st.dictionaries(st.sampled_from(["cache-control", "expires", "age", "date"]), st.text()))
def test_any_header_gives_seconds_within_a_year_or_nothing(headers):
    found = fresh_s(headers, now=NOW)
    assert found is None or 0 <= found <= CEILING_S
