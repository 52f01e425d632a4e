"""What a channel's table may say. Apart from the rest: workers do without pydantic, which takes 13 MiB and 40 ms."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ChannelOptions(BaseModel):
    """What a `[[channel]]` table may say beside `id` and `type`; each channel type has its own subclass."""

    # Tables hold passwords: an error never quotes what stands in them.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whom the table itself names, for `Channel.recipients`; empty: the channel is the recipient."""
        return ()
