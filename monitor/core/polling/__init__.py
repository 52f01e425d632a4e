"""When to poll a feed, what to ask for, and what a poll leaves behind: politeness before speed.

    state ─► may_ask ─► request ─► (the poll) ─► after ─► state, due again

Pure: the sources' words stand beside the checks that they ask for; `politeness.md` numbers them.
"""

from monitor.core.polling.backoff import host_pause
from monitor.core.polling.push import after_push, hastened
from monitor.core.polling.reasons import RETRY_AFTER_CEILING, Reason
from monitor.core.polling.request import credentials_hash, doubts_304, may_ask, request, resumed, unpolled
from monitor.core.polling.schedule import JITTER, put_off
from monitor.core.polling.state import NOTHING, Poll, after

__all__ = [
    "JITTER",
    "NOTHING",
    "RETRY_AFTER_CEILING",
    "Poll",
    "Reason",
    "after",
    "after_push",
    "credentials_hash",
    "doubts_304",
    "hastened",
    "host_pause",
    "may_ask",
    "put_off",
    "request",
    "resumed",
    "unpolled",
]
