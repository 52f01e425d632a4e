"""TOML and OPML → checked values, with a place for every error.

The daemon and the command line call `find_folder`, `state_folder` and `load`; `monitor feeds` also edits
`feeds.toml` (`add_feeds`, `remove_feed`) and moves lists of feeds between programs (`read_list`, `write_opml`).
"""

from monitor.config.edit import NewFeed, add_feeds, import_feeds, remove_feed
from monitor.config.feed_lists import read_list
from monitor.config.folders import find_folder, memory_folder, shipped_folder, state_folder
from monitor.config.load import Loaded, load, load_what_can_be
from monitor.config.opml import Outline, write_opml
from monitor.config.settings import database_url
from monitor.config.templates import template_files

__all__ = [
    "Loaded",
    "NewFeed",
    "Outline",
    "add_feeds",
    "database_url",
    "find_folder",
    "import_feeds",
    "load",
    "load_what_can_be",
    "memory_folder",
    "read_list",
    "remove_feed",
    "shipped_folder",
    "state_folder",
    "template_files",
    "write_opml",
]
