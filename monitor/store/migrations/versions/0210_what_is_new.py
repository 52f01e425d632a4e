"""What is new is told by itself: no corrections wait in threads."""

from __future__ import annotations

from alembic import op

revision = "0210"
down_revision = "0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("thread") as batch:
        batch.drop_column("corrections")
