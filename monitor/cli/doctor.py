"""`monitor doctor`: everything around the monitor looked at, with what to do where something is not well."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict

import typer

from monitor import __version__, channels
from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import Context, now
from monitor.config import Loaded
from monitor.errors import ConfigError, Severity
from monitor.feeds.fetch import user_agent
from monitor.jobs.doctor import Finding, Level, around, inside
from monitor.store import Store


def doctor(context: typer.Context, json: Json = False) -> None:
    """Look at everything around: config, database, disk, permissions, clock, DNS, TLS, channels. Sends nothing.

    Ends with 1 where something is broken; a warning is no reason to.
    """
    own: Context = context.obj
    findings = _findings(own)
    if json:
        output.as_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            print(output.shown(f"{finding.level:<8} {finding.about}: {finding.said}"))
            if finding.cure and finding.level is not Level.WELL:
                print(output.shown(f"{'':<8} → {finding.cure}"))
    if any(finding.level is Level.ILL for finding in findings):
        raise typer.Exit(1)


def _findings(own: Context) -> list[Finding]:
    try:
        loaded = own.load()
    except ConfigError as error:
        return [Finding("config", Level.ILL, str(problem), problem.cure) for problem in error.problems]
    url = loaded.config.database_url.get_secret_value()
    found = [*_config(own, loaded), *inside(loaded, lambda: Store(url), state=own.state, now=now())]
    if any(finding.about == "TLS" and finding.level is Level.ILL for finding in found):
        return found  # without it nothing can be asked
    return [*found, *asyncio.run(_around(own, loaded))]


def _config(own: Context, loaded: Loaded) -> list[Finding]:
    wrong = [problem for problem in loaded.problems if problem.severity is Severity.ERROR]
    found = [
        Finding("config", Level.ILL, f"{problem.place}: {problem.message}", problem.cure) for problem in wrong
    ]
    doubts = len(loaded.problems) - len(wrong)
    if doubts:
        said = f"{own.folder}: {output.counted(doubts, 'warning')}"
        found.append(Finding("config", Level.DOUBT, said, "`monitor check` shows them"))
    return found or [Finding("config", Level.WELL, str(own.folder))]


async def _around(own: Context, loaded: Loaded) -> list[Finding]:
    agent = user_agent(__version__, loaded.config.polling.contact)
    async with channels.surroundings(
        user_agent=agent, clock=now, stream=sys.stdout, state=own.state
    ) as surroundings:
        return await around(loaded, surroundings)
