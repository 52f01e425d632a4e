"""What a person sees of the replay: the messages themselves, a line for what was not told, a summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from monitor.cli.demo.corpus import Outlet
from monitor.cli.demo.outcome import Arrival, Outcome, Round, ToldStory
from monitor.cli.demo.replay import POLL_EVERY, ZONE
from monitor.cli.output import counted
from monitor.model import Decision, Entry, Verdict

NOT_TOLD: Mapping[Verdict, tuple[str, str]] = {
    Verdict.COPY: ("copy", "magenta"),
    Verdict.JOINED_STORY: ("joined", "green"),
    Verdict.TOO_OLD: ("too old", "dim"),
}
"""How a line about an entry begins that no message shows: one that joined a waiting alert is in that message."""


class Shown:
    """Prints on `console`; what an entry looks like, and who printed it, is told by the outlets."""

    def __init__(self, console: Console, outlets: Sequence[Outlet]) -> None:
        self._console = console
        self._outlets = {outlet.id: outlet.title for outlet in outlets}
        self._looks_like = {
            entry.url: entry.looks_like for outlet in outlets for entry in outlet.entries if entry.looks_like
        }

        self._printed_by: dict[int, str] = {}
        """The outlet, by entry."""
        self._told: dict[int, str] = {}
        """What was told first, by story."""

    def opening(self) -> None:
        """What is about to be seen."""
        self._lines(
            Text(
                f"{len(self._outlets)} invented outlets print the news of 6 to 9 January 2026 on this machine."
            ),
            Text(f"The daemon polls them every {POLL_EVERY}; its clock jumps over the hours without news."),
            Text(),
        )

    def round(self, happened: Round) -> None:
        """What the round brought beside its messages, which the channel has written itself."""
        for arrival in happened.arrivals:
            self._remember(arrival)
        if happened.first:
            matching = sum(arrival.decision is not None for arrival in happened.arrivals)
            there = f"{len(happened.arrivals)} entries were there before the first poll, {matching} match"
            self._lines(_line("baseline", "dim", Text(f"{there}: stored, not told")), Text())
            return
        lines = [line for arrival in happened.arrivals for line in self._not_told(arrival)]
        self._lines(*lines, *([Text()] if lines else []))

    def closing(self, came: Outcome) -> None:
        """What came of it."""
        self._lines(Text("Told, one thread a story:", style="bold"))
        self._lines(*map(_story, came.told))
        self._lines(Text())
        self._lines(
            *(Text.assemble(f"{name:<20}", (str(value), "bold")) for name, value in self._facts(came))
        )

    def staying(self, address: str) -> None:
        """Where a browser sees it."""
        self._lines(
            Text(), Text.assemble("The page: ", (address, "bold"), "; the daemon runs on, Ctrl-C ends it.")
        )

    def _not_told(self, arrival: Arrival) -> Iterator[Text]:
        entry = arrival.entry
        title = Text.assemble((self._outlets[entry.feed_id], "bold"), f": {entry.title}")
        if arrival.decision is None:
            if looks_like := self._looks_like.get(entry.url or ""):
                yield _line("silent", "yellow", title)
                yield _line("", "", Text(f"only looks like it: {looks_like}", style="dim"))
        elif arrival.decision.verdict in NOT_TOLD:
            word, style = NOT_TOLD[arrival.decision.verdict]
            yield _line(word, style, title)
            yield _line("", "", Text(self._why_not(arrival.decision, entry), style="dim"))

    def _remember(self, arrival: Arrival) -> None:
        entry = arrival.entry
        self._printed_by[entry.id] = self._outlets[entry.feed_id]
        told = arrival.decision is not None and arrival.decision.verdict is Verdict.ALERTED
        if told and entry.story_id is not None:
            self._told.setdefault(entry.story_id, entry.title)

    def _why_not(self, decision: Decision, entry: Entry) -> str:
        """The stored reason, with names for its numbers."""
        if decision.verdict is Verdict.COPY and entry.copy_of is not None:
            return f"copy of what {self._printed_by[entry.copy_of]} printed: {entry.copy_reason}"
        if decision.verdict is Verdict.TOO_OLD:
            return decision.reason
        return f"joins “{self._told.get(entry.story_id or 0, '')}”: {entry.story_reason}"

    def _facts(self, came: Outcome) -> Iterator[tuple[str, object]]:
        joined = came.verdicts.get(Verdict.JOINED_STORY, 0) + came.verdicts.get(Verdict.JOINED_ALERT, 0)
        silent = sum(url in came.silent for url in self._looks_like)
        yield "entries", came.entries
        yield "feeds", came.feeds
        yield "languages", f"{len(came.languages)} ({', '.join(came.languages)})"
        yield "stories told", len(came.told)
        yield "alerts", came.alerts
        yield "updates", came.updates
        yield "copies suppressed", came.verdicts.get(Verdict.COPY, 0)
        yield "reports joined", joined
        yield "look-alikes silent", f"{silent} of {len(self._looks_like)}"
        if came.delay is not None:
            yield "published → told", f"{_minutes(came.delay)} (median; feeds are polled every {POLL_EVERY})"

    def _lines(self, *lines: Text) -> None:
        for line in lines:
            self._console.print(line, soft_wrap=True)


def moment(at: datetime) -> str:
    """`at` as the replay's clock shows it, without the names of a locale."""
    local = at.astimezone(ZoneInfo(ZONE))
    return f"{local.day} January, {local:%H:%M}"


def _line(word: str, style: str, text: Text) -> Text:
    return Text.assemble((f"{word:<10}", style), text)


def _story(story: ToldStory) -> Text:
    told = story.summary
    spread = (
        f"1 alert, {counted(story.updates, 'update')}, {counted(len(told.entries), 'report')} from "
        f"{counted(len(told.feeds), 'outlet')} ({', '.join(told.languages)})"
    )
    return Text.assemble(("● ", "cyan"), (told.story.title, "bold"), "\n  ", (spread, "dim"))


def _minutes(delay: timedelta) -> str:
    seconds = round(delay.total_seconds())
    return f"{seconds // 60} min {seconds % 60:02} s"
