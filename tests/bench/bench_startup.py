"""What a command costs before it does anything: processor time, modules imported, peak memory.

    python tests/bench/bench_startup.py [--rounds 5] [--modules 15]

Whole processes on the config that `monitor init` makes, with its feeds taken out: nothing is asked of anybody. The
commands take turns, medians are printed. Bytecode is kept in a folder of its own, so that a checkout that keeps none
(`PYTHONDONTWRITEBYTECODE`) is measured as an installed monitor is. --modules N: then, the N modules that take the
longest to import for `monitor status`, by themselves.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

COMMANDS = (["--version"], ["--help"], ["check"], ["status"], ["run", "--once"])
COUNTED = """
import atexit, os, resource, sys
def say():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    os.write(2, f"\\n#cost {len(sys.modules)} {peak}\\n".encode())
atexit.register(say)
from monitor.cli import main
main()
"""
MIB_IN_KIB = 1024


class Start(NamedTuple):
    cpu_s: float
    modules: int
    peak_mib: float


def start(command: list[str], options: list[str], environment: dict[str, str]) -> Start:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, *options, *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"^#cost (\d+) (\d+)", done.stderr, re.MULTILINE)
    if found is None or done.returncode not in {0, 1}:  # status ends with 1 where no daemon runs
        sys.exit(f"monitor {' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Start(cpu_s, int(found[1]), int(found[2]) / MIB_IN_KIB)


def slowest(options: list[str], environment: dict[str, str]) -> list[tuple[int, str]]:
    """Microseconds and name of each module that `status` imports, by itself."""
    command = [sys.executable, "-X", "importtime", "-c", COUNTED, *options, "status"]
    errors = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stderr
    rows = re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", errors, re.MULTILINE)
    return sorted(((int(own), name) for own, name in rows), reverse=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--modules", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config, state = Path(folder, "config"), Path(folder, "state")
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode"))}
        monitor = [sys.executable, "-c", "from monitor.cli import main; main()"]
        subprocess.run([*monitor, "init", str(config)], env=environment, check=True, capture_output=True)
        for feeds in config.glob("feeds.*"):
            feeds.write_text("")
        options = ["--config", str(config), "--state", str(state)]
        for command in (["run", "--once"], *COMMANDS):  # the database is made, and all bytecode
            start(command, options, environment)
        starts: dict[str, list[Start]] = {}
        for _ in range(arguments.rounds):
            for command in COMMANDS:
                starts.setdefault(" ".join(command), []).append(start(command, options, environment))
        print(f"{'':14}{'CPU s':>8}{'modules':>9}{'peak MiB':>10}")
        for name, those in starts.items():
            cpu_s, modules, peak_mib = (statistics.median(column) for column in zip(*those, strict=True))
            print(f"{name:14}{cpu_s:8.2f}{modules:9.0f}{peak_mib:10.0f}")
        for own, name in slowest(options, environment)[: arguments.modules]:
            print(f"{own / 1000:8.1f} ms {name}")


if __name__ == "__main__":
    main()
