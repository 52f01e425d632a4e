"""The newest entries of a feed are found without looking at all of them."""

from __future__ import annotations

from alembic import op

revision = "0330"
down_revision = "0300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_entry_feed_id_id", "entry", ["feed_id", "id"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
