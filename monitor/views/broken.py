"""Rules that have a mistake."""

from __future__ import annotations

from typing import Any

from monitor.config import Loaded
from monitor.store.rules import Ran


def broken_rules(loaded: Loaded, ran: Ran) -> list[dict[str, Any]]:
    """The rules that have a mistake; `since` is None where no version of it ever ran, or none is known."""
    return [
        {
            "rule": rule_id,
            "since": ran.broken[rule_id].since if rule_id in ran.broken else None,
            "mistake": problem.line,
        }
        for rule_id, problem in loaded.broken.items()
    ]
