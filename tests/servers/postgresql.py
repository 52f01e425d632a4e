"""A real PostgreSQL server in a folder of its own: one for a session of tests, a database for each test.

It listens on a socket in that folder alone, trusts whoever can reach it, and does without what would keep its data
over a power cut. As root, who may not run a server, it runs as `nobody`. `MONITOR_POSTGRESQL` names the folder of the
binaries where they are not where Debian, Fedora, Homebrew or the PATH have them.
"""

import grp
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil
import psycopg
from proof.small_disk import on_small_disk

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
CURE = (
    "no PostgreSQL server is installed, and the tests run on one too: `apt install postgresql` (Debian, Ubuntu), "
    "`dnf install postgresql-server`, `brew install postgresql`; or name the folder of `initdb` and `postgres` in "
    "MONITOR_POSTGRESQL; or test without it: `pytest --database sqlite`"
)
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",  # what the store asks for is `on`: a test looks
    "max_connections": "60",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "max_wal_size": "256MB",
    "log_min_messages": "fatal",
    "timezone": "Asia/Kolkata",  # what the store asks for is UTC
}
START_LIMIT_S = 60


def binaries():
    """The newest that are here. Raises FileNotFoundError with the cure."""
    named = os.environ.get("MONITOR_POSTGRESQL")
    found = [Path(named)] if named else [one for place in PLACES for one in Path("/").glob(place[1:])]
    if not found and (initdb := shutil.which("initdb")):
        found = [Path(initdb).resolve().parent]
    found = [one for one in found if (one / "initdb").exists() and (one / "postgres").exists()]
    if not found:
        raise FileNotFoundError(CURE)
    return max(
        found,
        key=lambda one: [int(part) for part in one.parent.name.split("-")[-1].split(".") if part.isdigit()],
    )


@dataclass
class PostgreSQL:
    """A server that `start`, `stop` and `kill` are tried on."""

    folder: Path
    bin: Path = field(default_factory=binaries)
    settings: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    """What the server's command line begins with: as `proof.small_disk` makes it."""
    process: subprocess.Popen | None = None
    _numbers: count = field(default_factory=count)

    def make(self):
        if os.geteuid() == 0:
            shutil.chown(self.folder, "nobody", "nogroup" if _has_group("nogroup") else "nobody")
        self._run(
            "initdb", "--pgdata", self.data, "--username", "monitor", "--auth", "trust", "--no-sync",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions",
        )  # fmt: skip

    @property
    def data(self):
        return self.folder / "data"

    def start(self):
        """It takes connections when this returns; after a SIGKILL not before the last session has gone."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.folder), **self.settings}
        options = [f"--{name}={value}" for name, value in settings.items()]
        until = time.monotonic() + START_LIMIT_S
        while True:
            if self.process is None or self.process.poll() is not None:
                with (self.folder / "log").open("ab") as log:
                    self.process = subprocess.Popen(
                        [*self.before, self.bin / "postgres", "-D", self.data, *options],
                        stdout=log,
                        stderr=log,
                        **self._as_somebody(),
                    )
            try:
                with self.connect("postgres"):
                    return
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")) from None

    def stop(self, *, how=signal.SIGINT):
        """Sessions are cut off; what was committed is kept. SIGQUIT and SIGKILL: as if it had crashed."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(START_LIMIT_S)
            self.process = None

    def cpu_s(self):
        """Of all its processes, those that have ended among them."""
        own = psutil.Process(self.process.pid)
        return sum(own.cpu_times()[:4]) + sum(sum(one.cpu_times()[:2]) for one in own.children())

    def connect(self, database, **options):
        return psycopg.connect(
            host=str(self.folder), user="monitor", dbname=database, autocommit=True, **options
        )

    def database(self, template="template0", *, name=None):
        """The name of a new one, which is like the template."""
        name = name or f"monitor_{next(self._numbers)}"
        with self.connect("postgres") as session:
            session.execute(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return name

    def drop(self, name):
        with self.connect("postgres") as session:
            session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def cut_off(self, name):
        """Nobody has a session there any more."""
        until = time.monotonic() + START_LIMIT_S
        query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
        with self.connect("postgres") as session:
            while session.execute(query, [name]).fetchone()[0]:
                if time.monotonic() > until:
                    raise RuntimeError(f"sessions of {name} do not end")

    def url(self, name):
        return f"postgresql://monitor@/{name}?host={self.folder}"

    def _run(self, program, *arguments):
        done = subprocess.run(
            [self.bin / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            **self._as_somebody(),
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")

    def _as_somebody(self):
        """Root may not run a server: `nobody` does."""
        if os.geteuid() != 0:
            return {"cwd": self.folder}
        nobody = pwd.getpwnam("nobody")
        return {"cwd": self.folder, "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _has_group(name):
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def new_server(*, small_disk_mib=0, **settings):
    """A server that runs, in a folder whose path is short: that of a socket may have 107 bytes.

    With a small disk there is one in its folder `small`, which nobody sees but the server.
    """
    server = PostgreSQL(Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp")), settings=settings)
    try:
        server.make()
        if small_disk_mib:
            small = server.folder / "small"
            small.mkdir(mode=0o777)
            small.chmod(0o777)
            server.before = tuple(on_small_disk(small, small_disk_mib, [], as_root=False))
        server.start()
    except BaseException:
        remove(server)
        raise
    return server


def remove(server):
    server.stop(how=signal.SIGQUIT)
    shutil.rmtree(server.folder, ignore_errors=True)
