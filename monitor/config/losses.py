"""What a config lost against the one in force: a file that is being written, or an unmounted folder, is no wish."""

from __future__ import annotations

from pathlib import Path

from monitor.config.load import Loaded


def losses(before: Loaded, after: Loaded) -> tuple[str, ...]:
    """What vanished as a whole, in words: the rules of a file, all feeds, all channels; empty: nothing did.

    Rules that moved to another file are not lost.
    """
    rules = {id_: rule for id_, rule in before.config.rules.items() if id_ not in after.config.rules}
    left = {rule.place.file for rule in after.config.rules.values() if rule.place}
    files = sorted({rule.place.file for rule in rules.values() if rule.place} - left)
    whole = [f"the rules of {Path(file).name}" for file in files]
    if before.config.feeds and not after.config.feeds:
        whole.append("all feeds")
    built_in = {"console"}
    if before.config.channels.keys() - built_in and not after.config.channels.keys() - built_in:
        whole.append("all channels")
    return tuple(whole)
