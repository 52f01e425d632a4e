"""Secrets put in where the config only names them: `"${NAME}"`, `{ file = "…" }`, `{ credential = "…" }`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from monitor.config.document import Document, Fault
from monitor.config.files import read_bytes
from monitor.config.spots import KeyPath, is_under
from monitor.errors import ConfigError

MAX_SECRET_BYTES = 64 * 1024
"""Of a secret's file: a certificate chain fits, a wrong path (a log, a device) is noticed."""

REFERENCE = re.compile(r"(?<!\$)\$\{")
"""What begins a reference; "$${" stands for the characters themselves."""
_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where secrets come from."""

    environ: Mapping[str, str] = field(repr=False)
    folder: Path
    """Relative paths of secret files begin here."""
    reads_files: bool = True
    """Whether the files are read that secrets lie in."""


def filled_in(document: Document, sources: Sources) -> tuple[Document, list[Fault]]:
    """The document with its secrets in place, and a fault for each that is not to be had.

    Where one is missing, its reference stays.
    """
    filling = _Filling(sources)
    values = filling.table(document.values, ())
    written = {
        path: text for path, text in document.secrets.items() if not is_under(path, filling.references)
    }
    secrets = {**written, **filling.secrets}
    return replace(document, values=values, secrets=secrets), filling.faults


@dataclass(slots=True)
class _Filling:
    sources: Sources
    secrets: dict[KeyPath, str] = field(default_factory=dict, repr=False)
    references: set[KeyPath] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def table(self, table: Mapping[str, Any], path: KeyPath) -> dict[str, Any]:
        return {key: self.value(value, (*path, key)) for key, value in table.items()}

    def value(self, value: object, path: KeyPath) -> object:
        match value:
            case str():
                return self._text(value, path)
            case list():
                return [self.value(each, (*path, index)) for index, each in enumerate(value)]
            case {"file": str(name), **rest} if not rest and _is_value(path):
                return self._content(self.sources.folder / name, value, path)
            case {"credential": str(name), **rest} if not rest and _is_value(path):
                return self._credential(name, value, path)
            case dict():
                return self.table(value, path)
        return value

    def _text(self, text: str, path: KeyPath) -> str:
        return _VARIABLE.sub(lambda found: self._variable(found, path), text)

    def _variable(self, found: re.Match[str], path: KeyPath) -> str:
        if found[0] == "$${":
            return "${"
        self.references.add(path)
        name, closed = found[1], found[2]
        if not closed or not _NAME.fullmatch(name):
            self._miss(
                path, 'this "${" names no variable', 'write "${NAME}", or "$${" for the characters themselves'
            )
            return found[0]
        value = self.sources.environ.get(name)
        if not value:
            state = "is not set" if value is None else "is empty"
            self._miss(
                path,
                f"the environment variable {name} {state}",
                f"set {name} for the service, then start it again",
            )
            return found[0]
        return self._keep(path, value)

    def _credential(self, name: str, value: object, path: KeyPath) -> object:
        self.references.add(path)
        folder = self.sources.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            self._miss(
                path,
                f'there is no credential "{name}": systemd passed none',
                f"LoadCredential={name}:/path in the unit",
            )
            return value
        if not re.fullmatch(r"[^/\0]+", name) or name in {".", ".."}:
            self._miss(path, "a credential's name is no path", 'write { file = "…" } for a file')
            return value
        return self._content(Path(folder) / name, value, path)

    def _content(self, file: Path, reference: object, path: KeyPath) -> object:
        self.references.add(path)
        if not self.sources.reads_files:
            self._miss(path, f"the secret in {file} is not read")
            return reference
        try:
            text = read_bytes(file, at_most=MAX_SECRET_BYTES).decode()
        except ConfigError as error:
            [problem] = error.problems
            cure = "the service's user must be able to read it; under systemd, { credential = … } is for that"
            self._miss(path, f"the secret in {file}: {problem.message}", cure)
            return reference
        except UnicodeDecodeError:
            self._miss(path, f"the secret in {file} is no UTF-8 text", "write it into the file as text")
            return reference
        text = text.removesuffix("\n").removesuffix("\r")  # the end of line that editors and echo put
        if not text:
            self._miss(path, f"the secret in {file} is empty", "write it into the file")
            return reference
        return self._keep(path, text)

    def _keep(self, path: KeyPath, secret: str) -> str:
        # One text may hold several; each gets a path of its own, below it.
        self.secrets[(*path, len(self.secrets))] = secret
        return secret

    def _miss(self, path: KeyPath, message: str, cure: str = "") -> None:
        self.faults.append(Fault(path, message, cure))


def _is_value(path: KeyPath) -> bool:
    """True for what a key of a table holds: a table of the file itself, such as [logging], is no reference."""
    return len(path) > 1 and isinstance(path[-1], str)


PUBLIC_HEADERS = frozenset(
    {"accept", "accept-language", "cache-control", "from", "origin", "referer", "user-agent"}
)
"""Request headers that say nothing secret: to hide "text/html" in every line of the log would help nobody."""


def secret_values(document: Document) -> frozenset[str]:
    """Every secret that was filled in or stands in the document, for the log to hide; of a URL its password."""
    found = (
        _worth_hiding(path, text, written=path in document.spots) for path, text in document.secrets.items()
    )
    return frozenset(found) - {""}


def _worth_hiding(path: KeyPath, text: str, *, written: bool) -> str:
    match path:
        case _ if not written:
            return text
        case ("database", "url") | ("feed", _, "proxy"):
            return unquote(urlsplit(text).password or "")
        case ("feed", _, "headers", str(name)) if name.lower() in PUBLIC_HEADERS:
            return ""
    return text
