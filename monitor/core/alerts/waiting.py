"""What an alert waits for whose channel or rules have gone from the config: it is kept until they come back.

Nobody but a person drops it: a config is emptied by a slip, half copied, or restored an hour later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

WAITS: Final = "waits for "
"""How it begins, wherever it stands."""


def waits_for(*, channel: str, rules: Sequence[str]) -> str:
    """What has to come back into the config; `channel` is empty where only the `rules` have gone."""
    if channel:
        return f'{WAITS}the channel "{channel}" to come back into the config'
    names = ", ".join(f'"{rule}"' for rule in rules)
    return f"{WAITS}the rule{'s' * (len(rules) > 1)} {names} to come back into the config"


def waits_note(why: str, count: int) -> str:
    """What the operator is told of `count` deliveries that wait for the same."""
    what = why.removeprefix(WAITS).removesuffix(" to come back into the config")
    messages = f"{count} messages wait" if count > 1 else "A message waits"
    return (
        f"{messages} for {what}: gone from the config. Kept until it is back, then sent; `monitor alerts list` "
        "shows them, and only `monitor alerts drop ID` drops one."
    )
