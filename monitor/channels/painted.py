"""A message in a terminal's colours."""

from __future__ import annotations

from typing import Final

from rich.style import Style
from rich.text import Text

from monitor.core.alerts.excerpt import Piece
from monitor.core.alerts.plain import isolated, isolation
from monitor.core.alerts.render import LineView, ReportView, View

MARK: Final = Style(color="black", bgcolor="yellow")


def painted(shown: View) -> Text:
    """A message in colours, in the order of the plain one; nothing in it is taken for markup."""
    lines = [Text(shown.heading, style="italic")] if shown.heading else []
    lines += [Text(isolated(line)) for line in shown.note]
    for told in shown.lines:
        lines += _told(told)
    if shown.report:
        lines += _report(shown.report)
    if shown.rules:
        names = ", ".join(isolated(rule) for rule in shown.rules)
        spread = f" · {shown.spread}" if shown.spread else ""
        lines.append(Text.assemble((f"● {names}", "bold red" if shown.urgent else "cyan"), spread))
    if shown.report or shown.lines:
        lines.append(Text(shown.numbers, style="dim"))
    if shown.story_url:
        lines.append(_link(shown.story_url))
    for report in shown.further:
        lines += [Text(), *_report(report)]
    if shown.unlisted:
        whose = f" ({', '.join(map(isolated, shown.unlisted_of))})" if shown.unlisted_of else ""
        lines.append(Text(f"… and {shown.unlisted} more{whose}{': ' + shown.more if shown.lines else '.'}"))
    return Text("\n").join([*lines, Text()])


def _told(line: LineView) -> list[Text]:
    said = [isolated(line.outlet), line.spread, ", ".join(map(isolated, line.rules))]
    lines = [Text(), Text(isolated(line.title), style="bold red" if line.urgent else "bold")]
    if line.new:
        lines.append(Text(isolated(line.new)))
    lines.append(Text(" · ".join(filter(None, said)), style="dim"))
    return [*lines, _link(line.url)] if line.url else lines


def _report(report: ReportView) -> list[Text]:
    lines = [
        _pieces(report.title, style="bold"),
        Text(f"{isolated(report.outlet)} · {report.times}", style="dim"),
    ]
    if report.lead:
        lines.append(Text(isolated(report.lead)))
    if report.why:
        lines.append(_pieces(report.why, style=""))
    if report.url:
        lines.append(_link(report.url))
    return lines


def _pieces(pieces: tuple[Piece, ...], *, style: str) -> Text:
    before, after = isolation("".join(piece.text for piece in pieces))
    words = ((piece.text, MARK if piece.marked else "") for piece in pieces)
    return Text.assemble(before, *words, after, style=style)


def _link(url: str) -> Text:
    return Text(url, style=Style(color="blue", link=url))
