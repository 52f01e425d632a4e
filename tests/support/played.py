"""The scenarios, played in process on a real monitor: feeds in files, store, polls, stories, outbox, messages.

The daemon's own parts with a stepped clock, without its worker processes. What a message tells is taken from what a
program would be handed; the format and how it is counted are explained in `data/scenarios/README.md`.
"""

import asyncio
import html
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from house import Clock, House
from loguru import logger
from reading import LIMITS, Here
from scenarios import FILLERS, START, Figures, Scenario, scenarios, span

from monitor.channels.payload import payload
from monitor.feeds.fetch import Fetcher
from monitor.feeds.rate_limit import HostLimits
from monitor.jobs.deliver import Deliverer
from monitor.jobs.digest import WITH_A_PASS, notice_pause, release
from monitor.jobs.fleet import Alone
from monitor.jobs.poll import Poller
from monitor.jobs.story_updates import tell_news
from monitor.model import Message, Receipt
from monitor.store import feeds, outbox

BEFORE = timedelta(hours=-1)
LATER = timedelta(minutes=9)
LETTERS = "abcdefgh"
NO_REPORTS = {"alert.note", "alert.test", "alert.lull", "alert.burst"}
SUMMARIES = {"alert.summary", "alert.digest"}


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One entry of a scenario, and whether what became of it is right."""

    scenario: Scenario
    number: int
    right: bool
    in_thread: bool | None = None
    """None: not asked."""

    @property
    def raw(self) -> Mapping[str, Any]:
        return self.scenario.entries[self.number - 1]

    @property
    def want(self) -> str:
        return self.raw["want"]


@dataclass
class Inbox:
    """A channel that keeps what it was sent."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        self.messages.append(payload(message))
        return Receipt()

    async def close(self) -> None:
        pass


class Play:
    """One scenario in a house of its own."""

    def __init__(self, scenario: Scenario, root: Path) -> None:
        self.scenario = scenario
        self.house = House(root, clock=Clock(START))
        self.house.settings["polling"]["min_interval"] = "5m"
        self.house.settings["alerting"]["zone"] = "UTC"
        self.house.channel("desk", type="console")
        self.letters = sorted({raw["feed"] for raw in scenario.entries})
        for letter in self.letters:
            self.house.feed(letter, f"file:{root / letter}.xml")
        for rule_id, query in scenario.rules.items():
            self.house.rule(rule_id, query, title=rule_id, **scenario.rule_keys.get(rule_id, {}))
        self.inbox = Inbox()
        self._windows: defaultdict[str, list[int]] = defaultdict(list)
        self._told: set[int] = set()
        self._caused: defaultdict[int, int] = defaultdict(int)
        self._thread: dict[int, str] = {}

    async def play(self) -> list[Counted]:
        steps: defaultdict[timedelta, list[int]] = defaultdict(list)
        for number, raw in enumerate(self.scenario.entries, 1):
            steps[span(raw["at"])].append(number)
        steps.setdefault(BEFORE, [])
        upto: set[int] = set()
        for offset in sorted(steps):
            step = steps[offset]
            upto |= set(step)
            self._publish(step)
            await self._pass(START + offset)
            self._note(upto, step)
            waited = [n for n in step if self._want(n) in {"new", "update"} and not self._is_told(n, step)]
            if waited and offset != BEFORE:
                await self._pass(START + offset + LATER)
                self._note(upto, step)
        self.reasons = {
            entry.title: [
                f"{one.verdict}: {one.reason}" for one in self.house.decisions() if one.entry_id == entry.id
            ]
            for entry in self.house.entries()
        }
        self.house.close()
        return list(self._counted(steps))

    def _want(self, number: int) -> str:
        return self.scenario.entries[number - 1]["want"]

    # ── the monitor ──

    async def _pass(self, now: datetime) -> None:
        """As `monitor run --once --all`."""
        house = self.house
        house.clock.at = now
        house.write()
        loaded, store = house.read(), house.store
        notice_pause(store, now)
        told = {
            "user_agent": "news-monitor/test",
            "now": house.clock,
            "hosts": HostLimits(pause_s=0.0, now=house.clock),
        }
        setup = {"setup": lambda: loaded, "now": house.clock, "random": lambda: 0.0}
        with store.writing() as connection:
            feeds.register(connection, {one.id: one.url for one in loaded.config.feeds.values()}, now)
            states = feeds.states(connection, list(loaded.config.feeds))
        async with (
            Fetcher(**told, limits=LIMITS) as fetcher,
            Poller(store=store, fetcher=fetcher, parsers=Here(house.clock, loaded.rules), **setup) as poller,
        ):
            for feed in loaded.config.feeds.values():
                await poller.poll(feed, states[feed.id])
        with store.writing() as connection:
            outbox.close_group_wait(connection, now)
        while tell_news(store, loaded.config, now, until=now + loaded.config.alerting.group_wait):
            pass
        release(store, loaded.config, now, ended=WITH_A_PASS)
        await Deliverer(
            store=store, channels=lambda: {"desk": self.inbox}, fleet=Alone(store), **setup
        ).deliver()

    # ── the feeds ──

    def _publish(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            raw = self.scenario.entries[number - 1]
            shown, replaced = self._windows[raw["feed"]], raw.get("replaces")
            if replaced in shown:
                place = shown.index(replaced)
                shown[place : place + 1] = [] if raw.get("gone") else [number]
            elif not raw.get("gone"):
                shown.insert(0, number)
        for letter in self.letters:
            title = self.scenario.feeds.get(letter, f"Feed {letter.upper()}")
            items = "".join(self._item(number) for number in self._windows[letter])
            (self.house.root / f"{letter}.xml").write_text(
                '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
                f"<title>{_escaped(title)}</title><link>{_site(letter)}/</link><description>d</description>"
                f"{items}{self._fillers(letter)}</channel></rss>",
                encoding="utf-8",
            )

    def _item(self, number: int) -> str:
        raw = self.scenario.entries[number - 1]
        link, guid, date = self._link(number), self._guid(number), raw.get("date")
        parts = [f"<title>{_escaped(_sited(raw.get('title', '')))}</title>"]
        if link:
            parts.append(f"<link>{_escaped(link)}</link>")
        if guid:
            parts.append(f'<guid isPermaLink="false">{_escaped(guid)}</guid>')
        if date != "":
            published = START + span(raw["at"]) + (span(date) if date else timedelta(minutes=-5))
            parts.append(f"<pubDate>{format_datetime(published)}</pubDate>")
        if raw.get("text"):
            parts.append(f"<description>{_escaped(_sited(raw['text']))}</description>")
        return f"<item>{''.join(parts)}</item>"

    def _fillers(self, letter: str) -> str:
        return "".join(
            f"<item><title>{title}</title><description>{text}</description>"
            f"<link>{_site(letter)}/old{index}.html</link>"
            f'<guid isPermaLink="false">old-{letter}-{index}</guid>'
            f"<pubDate>{format_datetime(START - timedelta(days=1, hours=index))}</pubDate></item>"
            for index, (title, text) in enumerate(FILLERS)
        )

    def _link(self, number: int) -> str:
        raw = self.scenario.entries[number - 1]
        value = raw.get("link")
        if value is None:
            return f"{_site(raw['feed'])}/{self.scenario.id}/{number}.html"
        return self._link(int(value[1:])) if value.startswith("=") else _sited(value)

    def _guid(self, number: int) -> str:
        raw = self.scenario.entries[number - 1]
        value = raw.get("guid")
        if value is None:
            return f"{raw['feed']}-{number}-{self.scenario.id}"
        return self._guid(int(value[1:])) if value.startswith("=") else value

    # ── what was told ──

    def _note(self, upto: set[int], step: Sequence[int]) -> None:
        for message in self.inbox.messages:
            data, kind = message["data"], message["type"]
            if kind in NO_REPORTS:
                continue
            told = data["lines"] if kind in SUMMARIES else data["reports"]
            for index, report in enumerate(told):
                if (number := self._number(report, upto)) is None:
                    continue
                if number in step:
                    self._told.add(number)
                if index == 0 or kind in SUMMARIES:
                    self._caused[number] += 1
                self._thread.setdefault(number, data["thread_id"])
        self.inbox.messages.clear()

    def _number(self, report: Mapping[str, Any], upto: set[int]) -> int | None:
        """Which entry it is: by address and title, then by title, then by address; the newest first."""
        entries = [
            (number, raw)
            for number, raw in reversed(list(enumerate(self.scenario.entries, 1)))
            if number in upto and not raw.get("gone") and report.get("feed_id") in (None, raw["feed"])
        ]
        title, url = _plain(report["title"]), (report["url"] or "").split("#")[0]
        same_title = [number for number, raw in entries if _plain(_sited(raw.get("title", ""))) == title]
        same_url = [number for number, _ in entries if url and self._link(number).split("#")[0] == url]
        both = [number for number in same_title if number in same_url]
        return next(iter(both or same_title or same_url), None)

    def _is_told(self, number: int, step: Sequence[int]) -> bool:
        entries = self.scenario.entries
        return number in self._told or any(
            entries[other - 1].get("of") == number and self._want(other) == "quiet" and other in self._told
            for other in step
        )

    def _counted(self, steps: Mapping[timedelta, Sequence[int]]) -> Iterator[Counted]:
        step_of = {number: step for step in steps.values() for number in step}
        for number, raw in enumerate(self.scenario.entries, 1):
            if raw["want"] == "any":
                continue
            if raw["want"] == "quiet":
                causes, original = self._caused[number], raw.get("of")
                if original in step_of[number] and not self._caused[original]:
                    causes -= 1  # one of the two is told, whichever
                yield Counted(scenario=self.scenario, number=number, right=causes <= 0)
                continue
            right = self._is_told(number, step_of[number])
            asked = right and number in self._thread
            in_thread = self._in_thread(number, raw) if asked else None
            yield Counted(scenario=self.scenario, number=number, right=right, in_thread=in_thread)

    def _in_thread(self, number: int, raw: Mapping[str, Any]) -> bool | None:
        entries, thread = self.scenario.entries, self._thread[number]
        if raw["want"] == "new":
            earlier = (n for n in self._thread if n < number and entries[n - 1].get("of") != number)
            return thread not in {self._thread[n] for n in earlier}
        target, seen = raw.get("of"), set[int]()
        while target and target not in self._thread and target not in seen:
            seen.add(target)
            target = entries[target - 1].get("of")
        return thread == self._thread[target] if target in self._thread else None


def play(scenario: Scenario, *, explain: bool = False) -> list[Counted]:
    """The scenario's entries that are judged, each with whether what became of it is right."""
    with TemporaryDirectory() as folder:
        played = Play(scenario, Path(folder))
        counted = asyncio.run(played.play())
    if explain:
        for one in counted:
            _explain(one, played)
    return counted


def _explain(one: Counted, played: Play) -> None:
    if one.right and one.in_thread is not False:
        return
    wrong = "in a wrong thread" if one.right else "told" if one.want == "quiet" else "kept silent about"
    title = one.raw.get("title", "")
    print(f"{one.scenario.id} {one.number}: {wrong} ({one.want}): {title[:80]} ({one.raw.get('why', '')})")
    for reason in played.reasons.get(title, []):
        print(f"    {reason}")


def _site(letter: str) -> str:
    return f"https://{letter}.example"


def _sited(text: str) -> str:
    for letter in LETTERS:
        text = text.replace(f"{{{letter}}}", _site(letter))
    return text


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", text or ""))).strip().casefold()


def main(names: Iterable[str]) -> None:
    """python tests/played.py [FAMILY or id …]: the wrong ones, and the figures by family."""
    logger.remove()
    chosen = list(names)
    rows: defaultdict[str, Figures] = defaultdict(Figures)
    for scenario in scenarios():
        if chosen and not any(one in scenario.id or one == scenario.family for one in chosen):
            continue
        for one in play(scenario, explain=True):
            for name in ("hard",) if scenario.hard else (scenario.family, "all"):
                figures = rows[name]
                (figures.quiet if one.want == "quiet" else figures.told)[one.right] += 1
                if one.in_thread is not None:
                    figures.threads[one.in_thread] += 1
    for name in sorted(rows, key=lambda name: (name in {"all", "hard"}, name)):
        counted = (rows[name].told, rows[name].quiet, rows[name].threads)
        print(
            f"{name:18}"
            + "  ".join(f"{one[True]:4d}/{one.total():<4d} {Figures.share(one):.3f}" for one in counted)
        )


if __name__ == "__main__":
    main(sys.argv[1:])
