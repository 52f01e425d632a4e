"""templates/ → the user's own templates of messages, each tried on messages of every kind."""

from collections.abc import Mapping
from pathlib import Path

from monitor.config.files import read_text
from monitor.config.sentences import did_you_mean
from monitor.core.alerts.own_templates import OWN, fault_of
from monitor.errors import ConfigError, Place, Problem

TEMPLATES_FOLDER = "templates"


def read_templates(folder: Path) -> tuple[Mapping[str, str], list[Problem]]:
    """The templates by name, and all that is wrong with them; none where there is no such folder."""
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for path in template_files(folder):
        if path.name not in OWN:
            cure = did_you_mean(path.name, OWN) or f"templates are {' and '.join(OWN)}"
            problems.append(Problem(Place(str(path)), f'there is no template "{path.name}"', cure))
            continue
        try:
            text = read_text(path)
        except ConfigError as error:
            problems += error.problems
            continue
        fault = fault_of(path.name, text.text)
        if fault is None:
            found[path.name] = text.text
        else:
            shown = text.line(fault.line)[1] if fault.line else ""
            place = Place(str(path), fault.line)
            cure = "config/README.md says what a template gets, under “Messages in your own words”"
            problems.append(Problem(place, fault.message, cure, source_line=shown))
    return found, problems


def template_files(folder: Path) -> list[Path]:
    """What stands in the folder for templates, but for what editors leave there."""
    inside = (folder / TEMPLATES_FOLDER).glob("*")
    return sorted(path for path in inside if not path.name.startswith(".") and not path.name.endswith("~"))
