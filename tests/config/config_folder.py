"""Channel types whose options stay as they are, and a config folder to write files into."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from monitor.config import Loaded, load
from monitor.model.options import ChannelOptions

DATA = Path(__file__).parents[1] / "data" / "config"


class Console(ChannelOptions):
    pass


class Email(ChannelOptions):
    host: str = Field(min_length=1)
    port: int = Field(default=0, ge=0, le=65535)
    password: SecretStr | None = None
    from_: str = Field(default="", alias="from")
    to: tuple[str, ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        return self.to


class Webhook(ChannelOptions):
    url: SecretStr
    headers: dict[str, SecretStr] = Field(default={})
    timeout: float = Field(default=30, ge=1)

    @field_validator("url")
    @classmethod
    def _https(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith("https://"):
            raise ValueError("write an address that begins with https://")
        return value


CHANNEL_TYPES = {"console": Console, "email": Email, "webhook": Webhook}
ENVIRON = {"FEED_TOKEN": "canary-token", "EMPTY": "", "TZ": "Europe/Paris"}


class Folder:
    """A config folder that a test fills."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environ = dict(ENVIRON)

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def load(self) -> Loaded:
        return load(self.path, state=self.path / "state", environ=self.environ, channel_types=CHANNEL_TYPES)


PUBLIC_FEEDS = dict(
    line.split("\t") for line in (DATA.parent / "public-feeds.tsv").read_text(encoding="utf-8").splitlines()
)
"""Addresses of real feeds, each with its category: every fifth of kagisearch/kite-public (MIT)."""
