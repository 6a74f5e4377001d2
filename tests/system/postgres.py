"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket in it, ended with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """Give the folder with the server's programs, if they are installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), default=None
    )


@contextmanager
def server(bin_: Path) -> Iterator[str]:
    """Start a server and give the address of its database."""
    # It refuses to run as root.
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    uid, gid = (user.pw_uid, user.pw_gid) if user else (None, None)
    folder = Path(tempfile.mkdtemp(prefix="rk-pg-"))
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    subprocess.run(
        [bin_ / "initdb", "-D", data, "-U", "reporter", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, cwd=folder, user=uid, group=gid,
    )  # fmt: skip
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [bin_ / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=256MB"],
            stdout=subprocess.DEVNULL, stderr=log, cwd=folder, user=uid, group=gid,
        )  # fmt: skip
    try:
        for _ in range(100):
            ready = subprocess.run([bin_ / "pg_isready", "-h", folder, "-q"], check=False)
            if ready.returncode == 0:
                break
            time.sleep(0.1)
        else:
            raise RuntimeError((folder / "log").read_text())
        yield f"postgresql:///postgres?host={folder}&user=reporter"
    finally:
        process.send_signal(signal.SIGINT)  # a fast end: it waits for no client
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
