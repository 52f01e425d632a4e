"""What stands around a channel in the contract test: how each failure comes about, and what must be made of it.

A new channel has its `Rig` in a file beside this one, and its line in `test_contract.RIGS`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ssl import SSLContext
from typing import TextIO

from monitor.channels import OpenChannel, Surroundings, open_channel, options_models
from monitor.errors import ChannelReason
from monitor.model import Channel

SECRET = "canary-77c1e0"
"""A password or token in every channel's options, which no error may quote."""


class Failure(StrEnum):
    """What can go wrong on the way to somebody."""

    REFUSED = "connection refused"
    TLS = "no trusted connection"
    SILENT_BEFORE = "no answer before the message went out"
    DROPPED_BEFORE = "connection lost before the message went out"
    SILENT_AFTER = "no answer after the message went out"
    DROPPED_AFTER = "connection lost after the message went out"
    AUTHENTICATION = "authentication failed"
    RECIPIENT = "bad recipient"
    TEMPORARY = "temporary refusal"
    RATE_LIMITED = "too many messages"
    PERMANENT = "permanent refusal"
    NONSENSE = "an answer that is none"


PATIENCE_S = 120.0
"""Where an answer comes: never reached, however busy the machine."""
TIMEOUT_S = {Failure.SILENT_BEFORE: 0.2, Failure.SILENT_AFTER: 2.0}
"""Where none comes. The longer one has to be enough for everything before the silence."""


@dataclass(frozen=True)
class Stage:
    """The other side of a channel, set up."""

    options: Mapping[str, object]
    taken: Callable[[], Sequence[str]] = list
    """The ids of the messages that arrived."""
    stream: TextIO | None = None
    """For the console."""


Staging = Callable[["Ground"], AbstractAsyncContextManager[Stage]]


@dataclass(frozen=True)
class Ground:
    surroundings: Surroundings
    trusted: SSLContext
    untrusted: SSLContext


@dataclass(frozen=True)
class Case:
    failure: Failure
    how: str
    staging: Staging
    reason: ChannelReason
    permanent: bool = False
    retry_after_s: float | None = None
    arrives: bool = False
    """The other side has the message all the same."""


@dataclass(frozen=True)
class Rig:
    type: str
    well: Staging
    """Where everything goes well."""
    cases: Sequence[Case]
    cannot: Mapping[Failure, str] = field(default_factory=dict)
    """Failures that this channel cannot have, and why."""
    recipient: str = ""
    once: bool = False
    """Repeats are shown once: they replace what they repeat."""

    def open(self, stage: Stage, ground: Ground, *, timeout: float = PATIENCE_S) -> OpenChannel:
        options = options_models()[self.type].model_validate({**stage.options, "timeout": timeout})
        surroundings = ground.surroundings
        if stage.stream is not None:
            surroundings = replace(surroundings, stream=stage.stream)
        return open_channel(Channel(id="desk", type=self.type, options=options), surroundings)
