"""Which config the workers of one database run on together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def version_to_run(published: str | None, running: Sequence[str]) -> str:
    """The one that was published; where none was, that of most workers. Empty: nobody works.

    `running` are the workers' versions, of those that live, the longest at work first: theirs counts where as many
    run on another.
    """
    if published is not None:
        return published
    counts = Counter(version for version in running if version)
    return max(counts, key=lambda version: counts[version], default="")  # the first of equals
