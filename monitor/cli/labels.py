"""`monitor rules label` and `rules labels`: what a person says of a rule's matches, kept and handed on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlalchemy import Connection

from monitor.cli import output
from monitor.cli.arguments import Json, Limit
from monitor.cli.context import Context, NotFound, now, warn
from monitor.config import Loaded
from monitor.core.examine import document_of
from monitor.model import OF_RULES, Entry, Feed, Label, Mark
from monitor.store import alerts, entries, labels
from monitor.tuning import labels as lines

app = typer.Typer(
    help="What people said of entries: listed, written to a file, read from one.", no_args_is_help=True
)

RuleOption = Annotated[str | None, typer.Option("--rule", help="Only those of this rule.")]


def label(
    context: typer.Context,
    entry_id: Annotated[int, typer.Argument(metavar="ENTRY")],
    rule_id: Annotated[str, typer.Argument(metavar="RULE")],
    said: Annotated[
        Literal["right", "wrong", "missed"] | None,
        typer.Argument(metavar="right|wrong|missed", show_default=False),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what was said.")] = False,
) -> None:
    """Say whether a rule is right about an entry, wrong (a false alarm), or missed it.

    Nothing is sent or taken back for it. Tuning goes by it, and the entry is kept for as long as it is labelled.
    """
    if (said is None) != undo:
        raise typer.BadParameter("say right, wrong or missed; or --undo alone")
    own: Context = context.obj
    loaded = own.load()
    with own.asked(loaded) as store, store.writing() as connection:
        before = labels.listed(connection, rule_id=rule_id, entry_ids=[entry_id])
        if said is None:
            _take_back(connection, before, entry_id, rule_id)
            return
        named(loaded, rule_id)
        entry = entry_named(connection, entry_id)
        doubt = _doubt(loaded, connection, entry, rule_id, Mark(said))
        labels.save(
            connection,
            [
                Label(
                    entry_id=entry_id, rule_id=rule_id, mark=Mark(said), labelled_at=now(), said_by="command"
                )
            ],
        )
    instead = f" (it was {before[0].mark})" if before and before[0].mark != said else ""
    print(output.shown(f"entry {entry_id}, rule {rule_id}: {said}{instead}: {entry.title}"))
    if doubt:
        warn(doubt)


def _take_back(connection: Connection, before: Sequence[Label], entry_id: int, rule_id: str) -> None:
    if not before:
        raise NotFound(
            f"nothing was said of entry {entry_id} and rule {rule_id}; see `monitor rules labels list`"
        )
    labels.take_back(connection, before[0])
    print(
        output.shown(f"entry {entry_id}, rule {rule_id}: nothing is said any more; it was {before[0].mark}")
    )


def _doubt(loaded: Loaded, connection: Connection, entry: Entry, rule_id: str, said: Mark) -> str:
    """Where what is said goes ill with what the rule does, or did when the entry came."""
    decided = alerts.decisions(connection, entry_ids=[entry.id])
    feed = loaded.config.feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url="")
    found = loaded.rules.match(document_of(entry, entry.language, feed))
    did = any(one.match.rule_id == rule_id for one in decided)
    does = any(one.rule_id == rule_id for one in found)
    if said is Mark.RIGHT and not (did or does):
        return f'rule {rule_id} does not match entry {entry.id}; what it should have found is "missed"'
    if said is Mark.MISSED and did and does:
        return f'rule {rule_id} matches entry {entry.id}; what it found rightly is "right"'
    return ""


@app.command("list")
def list_(context: typer.Context, rule: RuleOption = None, limit: Limit = None, json: Json = False) -> None:
    """List what was said of entries, the newest first: of rules, of copies, of stories."""
    own: Context = context.obj
    loaded = own.understood()
    most = output.most(limit, json=json)
    with own.asked(loaded) as store, store.reading() as connection:
        found = labels.listed(connection, rule_id=rule)[::-1]
        titles = entries.titles(connection, {one.entry_id for one in found})
    documents = [_document(one, titles.get(one.entry_id, "")) for one in found]
    if json:
        output.as_json(documents[:most])
        return
    zone = loaded.config.alerting.zone
    columns: list[output.Column] = [
        output.column("entry"),
        ("rule", lambda one: one["rule"] or "-"),
        output.column("label"),
        ("said", lambda one: output.listed(one["labelled_at"], zone)),
        ("by", lambda one: one["said_by"]),
        output.column("title"),
    ]
    empty = "nothing was said yet: `monitor rules label ENTRY RULE right|wrong|missed`"
    output.as_table(documents, columns, empty=empty, main="title", spare=("by", "said"), most=most)


@app.command("export")
def export(context: typer.Context, rule: RuleOption = None) -> None:
    """Write what was said, each with its entry's text, as JSON lines on standard output.

    Such a file can be imported elsewhere, and `monitor rules score` reads it.
    """
    own: Context = context.obj
    with own.asked(own.understood()) as store, store.reading() as connection:
        found = lines.stored(connection, rule_id=rule)
    for line in lines.written(found):
        print(line)


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines; -: standard input.")],
    rule: Annotated[str | None, typer.Option(help="What lines that name no rule are about.")] = None,
) -> None:
    """Read labels from a file: those whose entries are stored here. The newest word about an entry counts."""
    own: Context = context.obj
    loaded = own.load()
    every = read_labels(file)
    given = [one for one in every if one.mark in OF_RULES]
    if others := len(every) - len(given):
        warn(
            f"{file}: {output.counted(others, 'line')} about copies and stories left out: they hold in one database"
        )
    unknown = sorted({one.rule_id or rule or "" for one in given} - loaded.config.rules.keys())
    if "" in unknown:
        raise typer.BadParameter("there are lines that name no rule: say --rule RULE")
    for one in unknown:
        warn(f'there is no rule "{one}" in this config; what was said of it is kept for when there is')
    at = now()
    with own.asked(loaded) as store, store.writing() as connection:
        there = {(one.entry_id, one.rule_id): one for one in labels.listed(connection)}
        new, older, absent = [], 0, 0
        for text in given:
            entry_id = lines.entry_of(connection, text)
            if entry_id is None:
                absent += 1
                continue
            said = Label(
                entry_id=entry_id,
                rule_id=text.rule_id or rule or "",
                mark=text.mark,
                labelled_at=text.labelled_at or at,
                said_by="import",
            )
            known = there.get((said.entry_id, said.rule_id))
            if known is None or known.labelled_at < said.labelled_at:
                there[said.entry_id, said.rule_id] = said
                new.append(said)
            else:
                older += 1
        labels.save(connection, new)
    print(
        f"{output.counted(len(new), 'label')} read from {file}"
        + (f", {older} known already" if older else "")
    )
    if absent:
        warn(
            f"{file}: of {output.counted(absent, 'line')} the entry is not stored here; "
            f"`monitor rules score RULE {file}` reads them from the file"
        )


def read_labels(file: str) -> list[lines.LabelledText]:
    """The labels of a file, or of standard input for "-". Raises NotFound, or LabelError with the line."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return lines.read(raw.decode("utf-8-sig").splitlines(), file=file)
    except OSError as error:
        raise NotFound(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NotFound(f"{file} is no text in UTF-8: write it with `monitor rules labels export`") from error


def named(loaded: Loaded, rule_id: str) -> None:
    """Raises NotFound where the config has no such rule."""
    if rule_id not in loaded.config.rules:
        raise NotFound(f'there is no rule "{rule_id}"; `monitor rules list` shows those there are')


def entry_named(connection: Connection, entry_id: int) -> Entry:
    """Raises NotFound where no such entry is stored."""
    found = entries.by_ids(connection, [entry_id])
    if not found:
        raise NotFound(f"there is no entry {entry_id}; `monitor entries list` shows those there are")
    return found[0]


def _document(one: Label, title: str) -> dict[str, Any]:
    return {
        "entry": one.entry_id,
        "rule": one.rule_id or None,
        "label": one.mark,
        "of": one.other_id,
        "labelled_at": one.labelled_at,
        "said_by": one.said_by,
        "title": title,
    }
