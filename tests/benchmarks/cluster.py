"""The same unit packs on this machine's own processes, and on a Dask cluster of two workers on loopback: in its folder and in copies.

Run by hand, on a quiet machine, from the top of the checkout::

    python -m tests.benchmarks.cluster WORKSPACE [COUNT]

The workspace is one of ``reportkit demo --units 500``. CPU seconds are those of all processes, scheduler and workers included,
from their start to their end; wall seconds are those of the command. The notebooks of both must be the same bytes.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.reports import PERIOD, units

_DASK = [sys.executable, "-m", "distributed.cli.dask_worker"]


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def cluster() -> Iterator[str]:
    """Give the address of a scheduler with two workers of one thread each."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "scheduler.log"
        with log.open("w") as file:
            scheduler = subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"],
                stdout=subprocess.DEVNULL, stderr=file,
            )  # fmt: skip
        workers: list[subprocess.Popen[bytes]] = []
        try:
            while not (found := re.search(r"tcp://(127\.0\.0\.1:\d+)", log.read_text())):
                if scheduler.poll() is not None:
                    raise SystemExit(log.read_text())
                time.sleep(0.1)
            workers += [
                subprocess.Popen(
                    [*_DASK, f"tcp://{found[1]}", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", folder],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
                for _ in range(2)
            ]  # fmt: skip
            yield found[1]
        finally:
            for process in (*workers, scheduler):
                process.terminate()
                process.wait()


def made(place: Path, names: list[str], executor: str) -> tuple[float, list[bytes]]:
    """Make the packs; give wall seconds and the notebooks."""
    begun, wall = time.time(), time.monotonic()
    subprocess.run(
        [
            sys.executable, "-m", "reportkit.cli", "run", "--reports", "unit", "--units", ",".join(names), "-p", PERIOD, "--formats", "html",
            "--force", "--known-by", KNOWN_BY, "--executor", executor,
        ],
        cwd=place, check=True, capture_output=True,
    )  # fmt: skip
    wall = time.monotonic() - wall
    found = []
    for name in names:
        (path,) = (
            path
            for path in place.glob(f"runs/unit/{PERIOD}/{name}/*/notebook.ipynb")
            if path.stat().st_mtime >= begun
        )
        found.append(path.read_bytes())
    return wall, found


#: What both know, so that they can be compared.
KNOWN_BY = "2026-10-31"


def main() -> None:
    place = Path(sys.argv[1]).resolve()
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    names = units(place)[:count]
    made(place, names[:2], "local:2")
    before = _cpu()
    wall, here = made(place, names, "local:2")
    local = _cpu() - before
    print(
        f"local:2       {count} reports  {local / count:6.2f} CPU s each  {wall:7.1f} s", flush=True
    )
    for name, how in (("dask, shared", "yes"), ("dask, copies", "no")):
        before = _cpu()
        with cluster() as address:
            wall, there = made(place, names, f"dask://{address}?share={how}")
        far = _cpu() - before
        same = sum(one == other for one, other in zip(here, there, strict=True))
        print(f"{name:14}{count} reports  {far / count:6.2f} CPU s each  {wall:7.1f} s  {same} notebooks are the same bytes", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
