"""Templates of the user's own, tried before they are used: on messages of every kind, and on each that is sent.

They get `view`, a `render.View`, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from monitor.core.alerts.excerpt import Piece
from monitor.core.alerts.render import LineView, ReportView, View, view
from monitor.core.alerts.sandbox import compiled, environment, fill
from monitor.model import Message

if TYPE_CHECKING:
    from jinja2 import nodes

OWN: Final = ("message.txt", "message.html")
"""The names that a user may fill, and what each is for: mails' plain part and every plain text; mails' page."""
LONGEST: Final = 500_000
"""Characters: nobody reads more, and mail servers begin to refuse at some megabytes."""


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """What is wrong with a template of the user's, and on which of its lines; 0: unknown."""

    name: str
    line: int
    message: str


def fault_of(name: str, source: str) -> TemplateFault | None:
    """The first thing that is wrong with a template: it is read, and filled with a message of every kind."""
    from jinja2 import TemplateSyntaxError  # noqa: PLC0415 - most configs have no template

    try:
        unknown = _unknown_name(name, source)
        if unknown is None:
            compiled(name, source)
    except TemplateSyntaxError as error:
        return TemplateFault(name, error.lineno, f"this is no template: {error.message}")
    except RecursionError:
        return TemplateFault(name, 0, "this is no template: it is nested too deep")
    if unknown is not None:
        return TemplateFault(name, unknown.lineno, f'there is no "{unknown.name}" here, only "view"')
    return next((fault for sample in SAMPLES if (fault := _tried(name, source, sample))), None)


def usable(message: Message) -> tuple[Message, TemplateFault | None]:
    """The message with its templates, or, where one of them fails on it, with the shipped ones, and what failed."""
    if not message.templates:
        return message, None
    shown = view(message)
    faults = (_tried(name, source, shown) for name, source in message.templates.items())
    fault = next((one for one in faults if one), None)
    return (replace(message, templates={}) if fault else message), fault


def _tried(name: str, source: str, shown: View) -> TemplateFault | None:
    from jinja2 import TemplateError  # noqa: PLC0415 - likewise

    try:
        text = fill(name, source, shown)
    except Exception as error:  # noqa: BLE001 - a template is a program: it may raise anything (1 / 0, "a" + 1)
        words = error.message if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
        return TemplateFault(name, _line_of(error, name), str(words))
    if len(text) > LONGEST:
        return TemplateFault(name, 0, f"it makes a message of {len(text)} characters; {LONGEST} are the most")
    return None if text.strip() else TemplateFault(name, 0, "it makes an empty message")


def _unknown_name(name: str, source: str) -> nodes.Name | None:
    """The first name that nobody gives a template."""
    from jinja2 import meta, nodes  # noqa: PLC0415 - likewise

    own = environment({})
    tree = own.parse(source, name)
    unknown = meta.find_undeclared_variables(tree) - {"view", *own.globals}
    return next((node for node in tree.find_all(nodes.Name) if node.name in unknown), None)


def _line_of(error: BaseException, name: str) -> int:
    """Jinja2 writes the template's own lines into the traceback."""
    line, frame = 0, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == name:
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


_REPORT: Final = ReportView(
    title=(Piece("Declaration "), Piece("signed", marked=True)),
    outlet="Le Monde",
    language="fr",
    times="Tue 6 Jan 2026, 20:05 CET (seen 20:07)",
    url="https://www.example.org/1",
    lead="Thirty-five countries took part.",
    why=(Piece("It was "), Piece("signed", marked=True), Piece(" in Paris.")),
    why_in="author",
)
_EMPTY: Final = View(
    heading="", note=(), report=None, further=(), unlisted=0, unlisted_of=(), lines=(), more="", rules=(),
    urgent=False, spread="", numbers="alert 23", story_url=None,
)  # fmt: skip
SAMPLES: Final[tuple[View, ...]] = (
    replace(
        _EMPTY,
        heading="More on a story that you were told of.",
        report=_REPORT,
        further=(replace(_REPORT, url=None, why=(), why_in=""),),
        unlisted=3,
        rules=("The declaration",),
        urgent=True,
        spread="Le Monde, The Ledger and 10 more, in 2 languages (en, fr)",
        numbers="entry 65 · story 12 · alert 23",
        story_url="https://monitor.example.org/stories/88",
    ),
    replace(_EMPTY, report=replace(_REPORT, url=None, lead="", why=(), why_in="", language=""), rules=("A rule",)),
    replace(_EMPTY, note=("Feed wire is polled no more: status 410",)),
    replace(_EMPTY, heading="A test: messages of the news monitor arrive here."),
    replace(
        _EMPTY,
        heading="Quiet hours: 2 stories.",
        lines=(
            LineView(
                title="Declaration signed", outlet="Le Monde", language="fr", spread="3 outlets",
                rules=("The declaration",), urgent=True, new="3 outlets more", url="https://www.example.org/1",
            ),
            LineView(
                title="Rain in the west", outlet="", language="", spread="", rules=(), urgent=False, new="", url=None,
            ),
        ),
        unlisted=1,
        unlisted_of=("1 of Le Monde",),
        more="monitor alerts show 41",
    ),
)  # fmt: skip
"""A message of every kind: an alert with all there can be, one with the least, a note, a test, a summary."""
