"""A news monitor that runs as a background service.

    config ─► schedule ─► fetch ─► parse ─► identity ─► match ─► copies, stories ─► alerts ─► outbox ─► channels
                            └────────────── one transaction: entries, matches, stories, alerts, outbox ┘

Gather → decide → apply: the shell gathers facts, pure functions decide (a plan), the shell applies
the plan in one transaction. A crash between any two steps loses nothing and repeats at most the last send.

    errors.py      the exception tree, drawn
    model/         what the rooms hand to each other, as frozen values, by subject; the glossary
    core/          pure: no I/O, clock, randomness, logging, await
      text/        HTML → text, folding, words with offsets, languages, URLs
      rules/       query language, matching, the rule index, explaining, lint
      stories/     identity; what an entry says, which story it tells, whether it was told already
      alerts/      when to tell, messages, rendering, retry
      polling/     what to ask for, when to poll next, what a poll leaves behind
      pages/       the pages of entries: which are wanted, what follows from one that was read or was not
      examine.py   what a feed's entries say and which rules they match (in a worker); what of a poll is new
      websub.py    subscriptions to hubs: what to ask for, whom to believe
      poll_facts.py  what a poll brought, and what the database knows that bears on it
      arrivals.py  its entries with their originals and stories
      entries_plan.py  what entries change that came, whichever way they came
      plan.py      composes the above: what one poll changes
      parts.py     a poll of many entries, stored a part at a time
    config/        TOML, OPML and other programs' lists → checked values, with places for errors
    feeds/         the web → entries: fetch, parse, discovery, hubs; full text, robots.txt
    store/         records ↔ the database, SQLite or PostgreSQL; rows never leave
    channels/      message → somebody: console, mail, webhook, chats, Atom, programs, Apprise
    tuning/        rules tried on what is stored: searched, replayed up to the message, compared; labels, words
    jobs/          poll, write, read pages, deliver, discover, subscribe, prune: gather → decide → apply;
                   the scheduler, one pass, the config in force, the clock's guard, the signs of life
      doctor/      is everything around well, and what is to be done where it is not
    views/         what a listing, the page and the API show of entries, stories, alerts, feeds
    web/           what answers on `[web] listen`: the page, hubs, /metrics, /healthz
    cluster/       several workers on one PostgreSQL: who of them does what
    daemon.py log.py metrics.py systemd.py tls.py folders.py cli/

Import rule (`tests/test_architecture.py` holds it): errors < model < {core, tls, folders} < {config, feeds, store,
channels, log, metrics, systemd} < jobs < tuning < views < web < daemon < cluster < cli; siblings do not import each
other.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("news-monitor")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0"
