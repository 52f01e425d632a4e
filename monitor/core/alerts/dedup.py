"""Whether a match is told: what a rule's thread has not said, and never what is old or was there before we came.

The checks stand in one list, in the order in which they are asked; the first that objects gives the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from monitor.core.alerts.silences import said
from monitor.core.stories.sameness import Sameness as Judged
from monitor.model import Silence, Updates, Verdict

NAMED: Final = 6
"""New words that a reason names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAlert:
    """The alert by which a rule told a story."""

    alert_id: int
    waits_until: datetime | None = None
    """Not sent yet: what comes now can still be in the same message. None: it is under way or gone."""
    held_until: datetime | None = None
    """As `waits_until`, where a summary will tell it; None: it goes out by itself."""


@dataclass(frozen=True, slots=True)
class EarlierOutcome:
    """What became of an earlier match."""

    verdict: Verdict
    told: bool
    """It is in an alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that the answer depends on: one match, its entry, and what was told before."""

    now: datetime
    first_seen_at: datetime
    published_at: datetime | None
    max_age: timedelta
    """The stricter of the rule's and the config's."""
    was_there: str
    """Why the match is no news; empty: it is."""
    copy_of: int | None
    """Whose text it has; a copy is proven where it also says nothing new."""
    story_id: int
    told: ToldAlert | None
    updates: Updates = "new"
    news: Judged | None = None
    """Beside what the rule's thread has told; None: it has told nothing."""
    silence: Silence | None = None
    """What keeps it from being told now; None: nothing does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`verdict` and why, in words; ALERTED where nothing stands against it."""

    verdict: Verdict
    reason: str


def decide(question: Question) -> Answer:
    """Whether to tell, and why (not)."""
    for check in CHECKS:
        answer = check(question)
        if answer is not None:
            return answer
    return Answer(Verdict.ALERTED, f"first match of this rule in story {question.story_id}")


def _too_old(question: Question) -> Answer | None:
    """Entries without a date are as old as our first sight of them."""
    age = question.now - (question.published_at or question.first_seen_at)
    if age <= question.max_age:
        return None
    return Answer(Verdict.TOO_OLD, f"{age.days} days old, the limit is {_span(question.max_age)}")


def _was_there(question: Question) -> Answer | None:
    return Answer(Verdict.BASELINE, question.was_there) if question.was_there else None


def _copy(question: Question) -> Answer | None:
    """It is proven twice: it has the text of another, and says nothing that was not told."""
    if question.told is None or question.copy_of is None or not _is_told(question):
        return None
    return Answer(Verdict.COPY, f"copy of {question.copy_of}; {why(question.news)}")


def _waiting(question: Question) -> Answer | None:
    told = question.told
    if told is None or (told.waits_until is None and told.held_until is None):
        return None
    waits = "is held" if told.held_until is not None else "was waiting"
    return Answer(Verdict.JOINED_ALERT, f"joined alert {told.alert_id}, which {waits}")


def _told(question: Question) -> Answer | None:
    joined = f"joined story {question.story_id}"
    if question.told is None:
        return None
    if question.updates == "none":
        return Answer(Verdict.JOINED_STORY, f"{joined}: its rule tells no updates")
    if question.updates == "new" and _is_told(question):
        return Answer(Verdict.JOINED_STORY, f"{joined}: {why(question.news)}")
    return Answer(Verdict.ALERTED, f"an update of story {question.story_id}: {why(question.news)}")


def _is_told(question: Question) -> bool:
    return question.news is not None and question.news.told


def why(judged: Judged | None) -> str:
    """What decided whether it was told, for a person: the nearest told report, the new words, the score."""
    if judged is None or judged.nearest is None:
        return "of what was told nothing is at hand"
    words = ", ".join(judged.new[:NAMED])
    new = f"new are {words}" if words else "no word of it is new"
    beside = f"beside entry {judged.nearest.entry_id} {new} (score {judged.score:+.1f})"
    return f"told already: {beside}" if judged.told else beside


def _silenced(question: Question) -> Answer | None:
    """Asked before what was told: a report that comes in a silence is in no message, not even as a further one."""
    return Answer(Verdict.SILENCED, said(question.silence)) if question.silence else None


CHECKS: tuple[Callable[[Question], Answer | None], ...] = (
    _too_old, _was_there, _silenced, _copy, _waiting, _told,
)  # fmt: skip


def _span(length: timedelta) -> str:
    return f"{length.days} days" if length >= timedelta(days=2) else f"{length.total_seconds() / 3600:.0f} h"
