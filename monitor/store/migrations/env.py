"""Alembic's way in: it runs the migrations on the connection that `store.migrate` hands it."""

from typing import Any, Literal

from alembic import context

from monitor.store.tables import METADATA
from monitor.store.types import Instant, Numbers


def render(kind: str, thing: Any, _autogen: Any) -> str | Literal[False]:
    """Our own column types as what they are in the database: a migration never needs today's code."""
    if kind == "type" and isinstance(thing, Instant):
        return "sa.DateTime(timezone=True)"
    return "sa.Text()" if kind == "type" and isinstance(thing, Numbers) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_item=render,
    render_as_batch=True,  # SQLite cannot alter a column in place
)
with context.begin_transaction():
    context.run_migrations()
