"""Templates → text: Jinja2 in a sandbox, where what comes from an entry is a value and never source.

A name that ends with `.html` is escaped by itself. The shipped templates can be included under their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from monitor.core.alerts.excerpt import Piece
from monitor.core.alerts.plain import isolated
from monitor.core.alerts.templates import HTML, TEXT

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.nodes import EvalContext
    from jinja2.sandbox import ImmutableSandboxedEnvironment

SHIPPED: Final[Mapping[str, str]] = {"shipped.txt": TEXT, "shipped.html": HTML}
KEPT: Final = 8
"""Compiled templates that are kept: the two shipped ones, and what a reload or two brought."""


def fill(name: str, source: str, view: object) -> str:
    """The template `source` with what there is to show. Raises whatever a template can: see `own_templates`."""
    return compiled(name, source).render(view=view)


@lru_cache(maxsize=KEPT)
def compiled(name: str, source: str) -> Template:
    """Raises `jinja2.TemplateSyntaxError`."""
    return environment({**SHIPPED, name: source}).get_template(name)


def environment(sources: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    """One that knows these templates by name, and no files."""
    # Jinja2 is imported for the first message: most commands, and most polls, have none.
    from jinja2 import FunctionLoader, StrictUndefined, pass_eval_context  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    def load(name: str) -> tuple[str, str, None] | None:
        return (sources[name], name, None) if name in sources else None

    made = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(load),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=_is_html,
    )
    made.filters["marked"] = pass_eval_context(_marked)
    made.filters["isolated"] = isolated
    return made


def marked_text(pieces: tuple[Piece, ...]) -> str:
    """Pieces on a line of plain text, marks in square brackets."""
    return isolated("".join(f"[{piece.text}]" if piece.marked else piece.text for piece in pieces))


def marked_html(pieces: tuple[Piece, ...]) -> Markup:
    """Pieces as HTML, escaped, marks in `<mark>`."""
    return Markup().join(
        Markup("<mark>{}</mark>").format(piece.text) if piece.marked else piece.text for piece in pieces
    )


def _marked(context: EvalContext, pieces: Any) -> str:
    return marked_html(pieces) if context.autoescape else marked_text(pieces)


def _is_html(name: str | None) -> bool:
    return bool(name and name.endswith(".html"))
