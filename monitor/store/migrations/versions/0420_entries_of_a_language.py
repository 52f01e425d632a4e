"""Entries are found by their language, where the word index alone cannot say which of them to ask."""

from __future__ import annotations

from alembic import op

revision = "0420"
down_revision = "0370"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_entry_language", "entry", ["language"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
