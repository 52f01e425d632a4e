"""The words that were filed, once each: by it either index finds words of which only an inside is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0421"
down_revision = "0420"
branch_labels = None
depends_on = None

_FILED = {
    "sqlite": "SELECT DISTINCT substr(term, 1, 100) FROM temp.filed WHERE col <> 'url' AND term <> '¶'",
    "postgresql": (
        "SELECT DISTINCT left(ltrim(word, '@#'), 100) FROM ts_stat('SELECT filed FROM word') "
        "WHERE left(word, 1) <> '/' AND ltrim(word, '@#') <> '¶'"
    ),
}


def upgrade() -> None:
    op.create_table(
        "vocabulary",
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("word", name="pk_vocabulary"),
        sqlite_with_rowid=False,
    )
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        op.execute("CREATE VIRTUAL TABLE temp.filed USING fts5vocab('main', 'word', 'col')")
    op.execute(f"INSERT INTO vocabulary (word) {_FILED[dialect]}")
    if dialect == "sqlite":
        op.execute("DROP TABLE temp.filed")


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
