"""What reports are compared by, as words that a person reads.

Where words are written without spaces, two neighbouring characters stand for one: here they are put together again.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitor.core.stories.report import Report


def worded(report: Report, tokens: Iterable[str]) -> list[str]:
    """The folded words of these of the report's tokens, in their order; what overlaps is one word."""
    folded_of = report.folded_of
    words = [(token, folded_of[token]) for token in tokens if token in folded_of]
    pairs = {token: "".join(folded.split()) for token, folded in words if " " in folded}
    if not pairs:
        return [folded for _, folded in words]
    starting = {pair[0]: token for token, pair in pairs.items() if len(pair) == _PAIR}
    ending = {pair[-1]: token for token, pair in pairs.items() if len(pair) == _PAIR}
    used: set[str] = set()
    found = []
    for token, folded in words:
        if token in used:
            continue
        if token not in pairs:
            found.append(folded)
            continue
        used.add(token)
        word = pairs[token]
        while len(pairs[token]) == _PAIR and (follows := starting.get(word[-1])) and follows not in used:
            used.add(follows)
            word += pairs[follows][-1]
        while len(pairs[token]) == _PAIR and (before := ending.get(word[0])) and before not in used:
            used.add(before)
            word = pairs[before][0] + word
        found.append(word)
    return found


_PAIR = 2
"""Characters of what stands for a word where there are no spaces."""
