"""TOML and OPML → checked values, with a place for every error.

The daemon and the command line call `find_folder`, `state_folder` and `load`. `monitor feeds` also edits
`feeds.toml` (`config.edit`) and moves lists of feeds between programs (`config.feed_lists`, `config.opml`): nobody
else waits for what that takes to import.
"""

from monitor.config.load import Loaded, load, load_what_can_be
from monitor.config.settings import database_url
from monitor.config.templates import template_files
from monitor.folders import find_folder, memory_folder, shipped_folder, state_folder

__all__ = [
    "Loaded",
    "database_url",
    "find_folder",
    "load",
    "load_what_can_be",
    "memory_folder",
    "shipped_folder",
    "state_folder",
    "template_files",
]
