"""Whether a story has a name already is found without looking at all of them."""

from __future__ import annotations

from alembic import op

revision = "0320"
down_revision = "0310"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_story_name", "story", ["name"])


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
