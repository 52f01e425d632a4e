"""A host that limits how often it is asked, and has many of our feeds: all are served, one at a time.

The server counts by the house's clock and refuses what comes too often, in every way that servers have of saying so.
"""

import random
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from house import item, requests_to, rss
from servers.web import reply

from monitor.core.polling import Reason

pytestmark = pytest.mark.either("about when hosts are asked")

FEEDS = 40
HOURS = 4
MINUTE = timedelta(minutes=1)


@dataclass
class Limiter:
    """Grants so many requests in every window that slides along; what it says of it is `says`."""

    now: object
    grants: int
    window: timedelta
    says: str
    granted: deque = field(default_factory=deque)
    refusals: int = 0

    def answer(self, body):
        async def answer(request, writer):
            now = self.now()
            while self.granted and self.granted[0] <= now - self.window:
                self.granted.popleft()
            if len(self.granted) >= self.grants:
                self.refusals += 1
                await reply(429, **self._headers())(request, writer)
                return
            self.granted.append(now)
            await reply(200, body, **self._headers())(request, writer)

        return answer

    def _headers(self):
        left = self.grants - len(self.granted)
        reset_s = round((self.granted[0] + self.window - self.now()).total_seconds()) if self.granted else 0
        match self.says:
            case "Retry-After":
                return {} if left else {"Retry_After": str(reset_s)}
            case "x-ratelimit":
                return {"x_ratelimit_remaining": f"{left}.0", "x_ratelimit_reset": str(reset_s)}
            case "an instant":
                at = round(self.now().timestamp() + reset_s)
                return {"X_RateLimit_Remaining": str(left), "X_RateLimit_Reset": str(at)}
            case "the draft":
                return {"RateLimit": f'"default";r={left};t={reset_s}'}
            case "the older draft":
                return {"RateLimit_Remaining": str(left), "RateLimit_Reset": str(reset_s)}
        return {}


SAYS = ["nothing", "Retry-After", "x-ratelimit", "an instant", "the draft", "the older draft"]
LIMITS = [(says, 10, 10) for says in SAYS] + [
    (says, grants, minutes)
    for says in ("nothing", "Retry-After", "the draft")
    for grants, minutes in ((1, 1), (10, 60))
]


@pytest.mark.parametrize(("says", "grants", "minutes"), LIMITS)
async def test_all_feeds_of_a_host_that_limits_us_are_served(house, web, says, grants, minutes):
    random.seed(4)  # the schedule's jitter
    house.settings["alerting"]["default"] = ["console"]
    limiter = Limiter(house.clock, grants, minutes * MINUTE, says)
    for number in range(FEEDS):
        path = f"/{number}"
        house.feed(f"f{number}", web.on(path, limiter.answer(rss(item(f"Report {number}")))), interval="1h")
    hours = HOURS if minutes < 60 else 2 * FEEDS / grants
    served = {}
    async with house.daemon() as daemon:
        began = house.clock()
        while house.clock() - began < timedelta(hours=hours) and len(served) < FEEDS:
            await daemon.run_once()
            for number in range(FEEDS):
                if house.feed_state(f"f{number}").last_success_at is not None:
                    served.setdefault(number, house.clock() - began)
            house.clock.step(minutes=1)
    print(
        f"{says}, {grants} in {minutes} min: {len(served)} of {FEEDS} served within "
        f"{max(served.values())}, {limiter.refusals} refusals of {len(web.requests)} requests"
    )
    assert len(served) == FEEDS
    assert web.most_busy == 1
    assert limiter.refusals <= len(web.requests) / 2 + 1


async def test_a_host_that_says_that_no_more_is_granted_is_not_asked_for_more(house, web):
    """Not one refusal: what `RateLimit` says with a good answer is heard."""
    house.settings["alerting"]["default"] = ["console"]
    limiter = Limiter(house.clock, 3, 10 * MINUTE, "the draft")
    for number in range(9):
        house.feed(f"f{number}", web.on(f"/{number}", limiter.answer(rss(item("Report")))), interval="2h")
    async with house.daemon() as daemon:
        for _ in range(45):
            await daemon.run_once()
            house.clock.step(minutes=1)
    assert {house.feed_state(f"f{number}").counts.polls for number in range(9)} == {1}
    assert limiter.refusals == 0


async def test_a_lone_feed_that_is_refused_without_a_word_waits_four_hours(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.feed("wire", web.on("/wire", reply(200, rss(item("Report"))), reply(429)), interval="15m")
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(minutes=20)
        await daemon.run_once()
    state = house.feed_state("wire")
    assert timedelta(hours=4) <= state.next_poll_at - house.clock() <= timedelta(hours=4.5)
    assert state.next_poll_reason == Reason.RATE_LIMITED


async def test_one_feed_that_is_always_refused_holds_up_none_of_its_hosts_others(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.feed("refused", web.on("/refused", reply(429)), interval="15m")
    for number in range(4):
        house.feed(f"f{number}", web.on(f"/{number}", reply(200, rss(item("Report")))), interval="15m")
    async with house.daemon() as daemon:
        for _ in range(40):
            await daemon.run_once()
            house.clock.step(minutes=17)
    polls = [house.feed_state(f"f{number}").counts.polls for number in range(4)]
    assert min(polls) >= 35
    assert len(requests_to(web, "/refused")) <= 6
