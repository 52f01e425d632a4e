"""Stories are of what a rule matches: an entry of none has none, and the index over all entries' keys goes.

What was told stays told. An entry that no rule matches stays in a story that a rule matches, as a further report.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

HAS_ONE = sa.text("story_id IS NOT NULL")
WATCHED = """
    SELECT entry.story_id FROM match JOIN entry ON entry.id = match.entry_id
    UNION SELECT story_id FROM told
    UNION SELECT story_id FROM alert WHERE story_id IS NOT NULL
    UNION SELECT story_id FROM silence WHERE story_id IS NOT NULL
    UNION SELECT story_id FROM thread
"""


def upgrade() -> None:
    op.drop_table("entry_key")
    op.execute("DELETE FROM counter WHERE name = 'filed'")
    op.drop_index("ix_entry_story_id", "entry")
    with op.batch_alter_table("entry") as batch:
        batch.alter_column(
            "story_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        )
        batch.drop_column("trace_keys")
    op.execute(
        f"UPDATE entry SET story_id = NULL, story_reason = '' WHERE story_id NOT IN ({WATCHED})"  # noqa: S608 - a constant
    )
    op.execute(
        f"DELETE FROM story WHERE id NOT IN ({WATCHED} UNION SELECT from_id FROM story_merge "  # noqa: S608 - a constant
        "UNION SELECT into_id FROM story_merge)"
    )
    for name, column in (
        ("ix_entry_story_id", "story_id"),
        ("ix_entry_of_a_story_first_seen_at", "first_seen_at"),
    ):
        op.create_index(name, "entry", [column], sqlite_where=HAS_ONE, postgresql_where=HAS_ONE)
