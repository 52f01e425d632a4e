"""What the commands that tune a rule work at: one rule, its history, what its texts mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from monitor.cli.context import Context, NotFound, now, warn
from monitor.cli.labels import named
from monitor.config import Loaded
from monitor.config.rule_edits import FileEdit, edited
from monitor.store import Store
from monitor.tuning.drafts import Draft
from monitor.tuning.meaning import AT_ONCE, Meanings, is_installed, meant
from monitor.tuning.misses import Meant
from monitor.tuning.rule_history import RuleHistory, read_history

RuleId = Annotated[str, typer.Argument(metavar="RULE")]
MeaningOption = Annotated[
    bool | None,
    typer.Option(
        "--meaning/--no-meaning",
        help="Go by what texts mean, too. Default: where the extra meaning is installed.",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with."""

    loaded: Loaded
    history: RuleHistory
    read: Meanings | None
    """None: by words alone."""

    def meant(self) -> Meant | None:
        """What the texts mean; None: by words alone."""
        return meant(self.history, self.read) if self.read else None


@contextmanager
def desk_of(context: typer.Context, rule_id: str, *, meaning: bool | None) -> Iterator[Desk]:
    """One rule and its history. `meaning` None: where the extra is installed."""
    own: Context = context.obj
    loaded = own.load()
    named(loaded, rule_id)
    if meaning and not is_installed():
        raise NotFound(
            "the extra is not installed: pip install 'news-monitor[meaning]'; --no-meaning goes by words alone"
        )
    with own.asked(loaded) as store:
        history = history_of(store, loaded, rule_id)
        if meaning is False or not is_installed():
            yield Desk(loaded, history, None)
            return
        with Meanings(store, now=now(), progress=_progress) as read:
            yield Desk(loaded, history, read)


def history_of(store: Store, loaded: Loaded, rule_id: str) -> RuleHistory:
    """What is stored, in the eyes of a rule. Raises NotFound where nothing is."""
    history = read_history(store, loaded.config.feeds, loaded.config.rules[rule_id], loaded.config.lists)
    if not history.texts:
        raise NotFound("no entry is stored yet; `monitor run --once --all` polls every feed")
    return history


def _progress(done: int, of: int) -> None:
    if of > AT_ONCE and (done == of or done % (AT_ONCE * 8) == 0):
        warn(f"texts read for their meaning: {done} of {of}; each is read once")


def edits_of(loaded: Loaded, rule_id: str, draft: Draft) -> list[FileEdit]:
    return edited(loaded.rule_files, rule_id, query=draft.query, exclude=draft.exclude, added=draft.added)
