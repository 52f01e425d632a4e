"""A silence as lists, the page and the API give it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitor.model import Silence


def state_of(silence: Silence, at: datetime) -> str:
    if silence.until_at <= at:
        return "expired"
    return "active" if silence.from_at <= at else "pending"


def document(silence: Silence, at: datetime) -> dict[str, Any]:
    return {
        "id": silence.id,
        "state": state_of(silence, at),
        "rule": silence.rule_id,
        "feed": silence.feed_id,
        "story": silence.story_id,
        "from_at": silence.from_at,
        "until_at": silence.until_at,
        "comment": silence.comment,
        "who": silence.who,
        "summary": silence.summary,
    }
