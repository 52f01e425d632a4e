"""Rules that have a mistake, as `status` and `rules list` show them."""

from __future__ import annotations

from typing import Any

from monitor.cli import output


def broken_rule(one: dict[str, Any], zone: str) -> str:
    """What is wrong with a rule, since when, and what runs in its stead."""
    if one["since"] is None:
        return f"{one['rule']}: it does not run: {one['mistake']}"
    return f"{one['rule']}: since {output.local(one['since'], zone)} as it was before: {one['mistake']}"
