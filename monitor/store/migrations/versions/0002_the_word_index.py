"""The word index. What is stored already is filed when the database is opened: `store.words.file_anew`."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE word USING fts5(title, body, author, category, url, content='', tokenize='ascii')"
        )
