"""Rules that have a mistake, as `status` and `rules list` show them."""

from __future__ import annotations

from typing import Any

from monitor.cli import output
from monitor.config import Loaded
from monitor.store.rules import Ran


def broken_rule(one: dict[str, Any], zone: str) -> str:
    """What is wrong with a rule, since when, and what runs in its stead."""
    if one["since"] is None:
        return f"{one['rule']}: it does not run: {one['mistake']}"
    return f"{one['rule']}: since {output.local(one['since'], zone)} as it was before: {one['mistake']}"


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
