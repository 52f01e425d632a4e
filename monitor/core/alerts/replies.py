"""What the other side's answer means for a delivery: SMTP replies and HTTP statuses.

A refused login is no refusal of the message: passwords are changed, tokens renewed, accounts unlocked. It is tried
again, whatever the first digit says, and the operator is told at once (`retry.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from monitor.errors import ChannelReason


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a delivery failed, and whether the same will happen to every other attempt."""

    reason: ChannelReason
    permanent: bool


class SmtpStep(StrEnum):
    """What the reply answered."""

    CONNECT = "connect"
    TLS = "tls"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"


_REASON_OF_STEP: Final[Mapping[SmtpStep, ChannelReason]] = {
    SmtpStep.CONNECT: ChannelReason.REFUSED,
    SmtpStep.TLS: ChannelReason.TLS,
    SmtpStep.LOGIN: ChannelReason.AUTHENTICATION,
    SmtpStep.SENDER: ChannelReason.REJECTED,
    SmtpStep.RECIPIENT: ChannelReason.RECIPIENT,
    SmtpStep.DATA: ChannelReason.REJECTED,
}

# Replies that mean the same at every step (RFC 5321 §4.2.2, RFC 4954 §6 and RFC 3463).
_SMTP: Final[Mapping[int, Fault]] = {
    421: Fault(ChannelReason.SERVER, permanent=False),  # shutting down
    450: Fault(ChannelReason.RATE_LIMITED, permanent=False),  # mailbox busy; greylisting says this too
    451: Fault(ChannelReason.SERVER, permanent=False),  # local error
    452: Fault(ChannelReason.SERVER, permanent=False),  # insufficient storage
    530: Fault(ChannelReason.AUTHENTICATION, permanent=False),  # login required
    534: Fault(ChannelReason.AUTHENTICATION, permanent=False),  # mechanism too weak
    535: Fault(ChannelReason.AUTHENTICATION, permanent=False),  # credentials invalid
    538: Fault(ChannelReason.AUTHENTICATION, permanent=False),  # encryption required
}


def smtp_fault(code: int, step: SmtpStep) -> Fault:
    """What the negative reply `code` at `step` means.

    RFC 5321 §4.2.1: the first digit decides, 4 is "try again", 5 is "do not repeat". Any other is no answer to
    what was asked, and may be another one tomorrow.
    """
    if code in _SMTP:
        return _SMTP[code]
    if code // 100 in {4, 5}:
        reason = _REASON_OF_STEP[step]
        return Fault(reason, permanent=code // 100 == 5 and reason is not ChannelReason.AUTHENTICATION)
    return Fault(ChannelReason.SERVER, permanent=False)


_HTTP: Final[Mapping[int, Fault]] = {
    401: Fault(ChannelReason.AUTHENTICATION, permanent=False),
    403: Fault(ChannelReason.AUTHENTICATION, permanent=False),
    404: Fault(ChannelReason.CONFIG, permanent=True),
    407: Fault(ChannelReason.AUTHENTICATION, permanent=False),
    408: Fault(ChannelReason.SERVER, permanent=False),  # RFC 9110 §15.5.9: the client may repeat the request
    410: Fault(ChannelReason.CONFIG, permanent=True),
    425: Fault(ChannelReason.SERVER, permanent=False),  # RFC 8470 §5.2: retry, not in early data
    429: Fault(ChannelReason.RATE_LIMITED, permanent=False),  # RFC 6585 §4
}


def http_fault(status: int) -> Fault | None:
    """What a final `status` means for a request that posted a message; None: it was taken (2xx)."""
    if status in _HTTP:
        return _HTTP[status]
    match status // 100:
        case 2:
            return None
        case 3:  # not followed: a message is posted to the address that the user wrote, and nowhere else
            return Fault(ChannelReason.CONFIG, permanent=True)
        case 4:
            return Fault(ChannelReason.REJECTED, permanent=True)
    return Fault(ChannelReason.SERVER, permanent=False)
