"""What a backtest and a comparison cost over a history of 10 000 entries or more; by hand, as `bench_history.py`:

    python tests/bench/bench_backtest.py [--folder FOLDER] [--days N] [SIZE …]

For each rule: how many entries match, how many messages come of them, processor time in all and a match, seconds to
the first word of progress and to the end; then the same of a comparison with a rule that finds more; at last the peak
of memory. `--days`: of how many of the last days (10 000 entries each).
"""

import argparse
import resource
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from bench_history import NOW, fill
from samples.news import config

from monitor.model import Alerting
from monitor.store import Store
from monitor.tuning.backtest import backtest
from monitor.tuning.diff import Version, difference
from monitor.tuning.typed import understood

RULES = {
    "a rare word": "lighthouse",
    "two of four": "2 OF (port, strike, docks, union)",
    "a NEAR": "president NEAR/5 union",
}


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("sizes", nargs="*", type=int, default=[10_000])
    arguments.add_argument("--folder", type=Path)
    arguments.add_argument("--days", type=int)
    given = arguments.parse_args()
    own = replace(config(), alerting=Alerting(default=("desk",)))
    since = NOW - timedelta(days=given.days) if given.days else None
    for size in given.sizes:
        with TemporaryDirectory() as folder:
            store = Store(f"sqlite:///{given.folder or folder}/history-{size}.db")
            fill(store, size)
            for name, query in RULES.items():
                rules, _ = understood(query, {})
                wider, _ = understood(f"({query}) OR harbour", {})
                steps = backtest(store, own, rules, now=NOW, since=since)
                found, taken = timed(steps)
                matches, told = len(found.found), len(found.told)
                print(f"{size} {name}: {matches} match, {told} messages: {line(taken, matches)}", flush=True)
                older, newer = Version(own, rules), Version(own, wider)
                steps = difference(store, "query", before=older, after=newer, now=NOW, since=since)
                found, taken = timed(steps)
                matches = len(found.before.found) + len(found.after.found)
                print(
                    f"    {len(found.gained)} gained, {found.kept} unchanged: {line(taken, matches)}",
                    flush=True,
                )
            store.close()
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


def timed(steps):
    """The last of the steps; processor time, seconds to the first and to the last."""
    began, cpu = perf_counter(), process_time()
    last = next(steps)
    first = perf_counter() - began
    for step in steps:
        last = step
    return last, (process_time() - cpu, first, perf_counter() - began)


def line(taken, matches):
    cpu, first, whole = taken
    each = 1000 * cpu / max(matches, 1)
    return f"{cpu:.2f} s of processor, {each:.1f} ms a match; first {first:.2f} s, all {whole:.2f} s"


if __name__ == "__main__":
    main()
