"""What workers may have: never more in all than the service was granted, less the daemon's own."""

import sys

import misreaders
import pytest
from test_workers import parsers, response

from monitor.errors import ParseError, ParseReason
from monitor.feeds.memory import LEAST_BYTES, MIB, MOST_BYTES, OURS_BYTES, Share, granted_bytes, share

GIB = 1024 * MIB


@pytest.mark.parametrize(
    ("workers", "granted", "expected"),
    [
        (4, None, Share(4, MOST_BYTES)),
        (4, 64 * GIB, Share(4, MOST_BYTES)),
        (4, 1800 * MIB, Share(4, 290 * MIB)),
        (2, 1800 * MIB, Share(2, 580 * MIB)),
        (4, OURS_BYTES + 2 * LEAST_BYTES, Share(2, LEAST_BYTES)),
        (4, OURS_BYTES + 2 * LEAST_BYTES - 1, Share(1, 2 * LEAST_BYTES - 1)),
        (4, 200 * MIB, Share(1, LEAST_BYTES)),
    ],
)
def test_the_workers_share_what_the_daemon_leaves(workers, granted, expected):
    assert share(workers, granted_bytes=granted) == expected


@pytest.mark.parametrize("granted", [1024, 1800, 2048, 4096, 8192])
@pytest.mark.parametrize("workers", range(1, 5))
def test_all_of_them_together_never_have_more_than_there_is(granted, workers):
    fitting = share(workers, granted_bytes=granted * MIB)
    assert OURS_BYTES + fitting.workers * fitting.bytes_each <= granted * MIB


def groups(folder, cgroup, files):
    for name, said in files.items():
        file = folder / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(said)
    (folder / "cgroup").write_text(cgroup)
    return granted_bytes(cgroup=folder / "cgroup", tree=folder / "tree")


UNIT = "system.slice/monitor.service"


@pytest.mark.parametrize(
    ("cgroup", "files", "mib"),
    [
        (
            f"0::/{UNIT}\n",
            {f"{UNIT}/memory.max": f"{200 * MIB}\n", f"{UNIT}/memory.high": f"{180 * MIB}\n"},
            180,
        ),
        (f"0::/{UNIT}\n", {f"{UNIT}/memory.max": "max\n", "system.slice/memory.max": f"{90 * MIB}\n"}, 90),
        ("0::/\n", {"memory.max": f"{70 * MIB}\n"}, 70),
        (f"4:memory:/{UNIT}\n0::/\n", {f"memory/{UNIT}/memory.limit_in_bytes": f"{60 * MIB}\n"}, 60),
        (
            f"5:cpu,memory:/{UNIT}\n",
            {
                f"memory/{UNIT}/memory.limit_in_bytes": f"{2**63 - 4096}\n",
                "memory/memory.limit_in_bytes": f"{50 * MIB}\n",
            },
            50,
        ),
    ],
    ids=[
        "a unit's, the less of both",
        "its slice's",
        "a container's",
        "of the first kind",
        "of several controllers",
    ],
)
def test_the_least_that_any_group_grants_counts(tmp_path, cgroup, files, mib):
    assert groups(tmp_path, cgroup, files) == mib * MIB


@pytest.mark.parametrize("cgroup", ["", "0::/nowhere\n", "1:name=systemd:/\n"])
def test_without_a_limit_it_is_what_the_machine_has(tmp_path, cgroup):
    assert groups(tmp_path, cgroup, {}) == groups(tmp_path, "", {}) >= 256 * MIB


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
async def test_a_document_that_takes_more_than_its_worker_has_fails_alone_with_the_cure():
    async with parsers(memory_bytes=LEAST_BYTES) as pool:
        with pytest.raises(ParseError, match=r"256 MiB of a worker.*MemoryMax") as caught:
            await pool.parse(response(b"take %d" % LEAST_BYTES))
        assert caught.value.reason is ParseReason.CRASHED
        assert (await pool.parse(response(b"next"))).title == "next"
        assert (await pool.parse(response(b"take %d" % (64 * MIB)))).title == str(64 * MIB)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows whom to end first")
async def test_where_memory_ends_a_worker_is_ended_before_the_daemon():
    async with parsers() as pool:
        assert (await pool.parse(response(b"expendable"))).title == "500"
    assert misreaders.expendable() < 500
