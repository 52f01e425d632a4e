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
        return
    op.execute(
        "CREATE TABLE word (entry_id bigint NOT NULL, part smallint NOT NULL, parts smallint NOT NULL, "
        "filed tsvector NOT NULL, CONSTRAINT pk_word PRIMARY KEY (entry_id, part))"
    )
    op.execute("CREATE INDEX ix_word_filed ON word USING gin (filed) WITH (fastupdate = off)")
    op.execute("CREATE INDEX ix_word_large ON word (entry_id) WHERE parts > 1")
