"""A MariaDB server of the tests' own: in a temporary folder, on a socket in it, ended with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def installed() -> bool:
    """Say whether the server's programs are here."""
    return bool(shutil.which("mariadbd") or Path("/usr/sbin/mariadbd").exists())


@contextmanager
def server() -> Iterator[Path]:
    """Start a server and give its socket; the user 'reporter' with the password 'of-the-database' owns the database 'board'."""
    root = os.geteuid() == 0
    user = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
    folder = Path(tempfile.mkdtemp(prefix="rk-maria-"))
    if root:
        os.chown(folder, user.pw_uid, user.pw_gid)
    socket = folder / "socket"
    (folder / "init.sql").write_text(
        "CREATE DATABASE board CHARACTER SET utf8mb4; CREATE USER 'reporter'@'localhost' IDENTIFIED BY 'of-the-database'; "
        "GRANT ALL ON board.* TO 'reporter'@'localhost';\n".replace("; ", ";\n")
    )
    (folder / "init.sql").chmod(0o644)
    who = (user.pw_uid, user.pw_gid) if root else (None, None)
    with (folder / "log").open("w") as log:
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={folder}/data", "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, stdout=log, stderr=log, cwd=folder, user=who[0], group=who[1],
        )  # fmt: skip
        process = subprocess.Popen(
            [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={folder}/data", f"--socket={socket}", "--skip-networking",
             f"--init-file={folder}/init.sql", "--innodb-flush-log-at-trx-commit=0", f"--pid-file={folder}/pid"],
            stdout=log, stderr=log, cwd=folder, user=who[0], group=who[1],
        )  # fmt: skip
    try:
        for _ in range(200):
            if socket.exists() and "ready for connections" in (folder / "log").read_text(
                errors="replace"
            ):
                break
            time.sleep(0.1)
        else:
            raise RuntimeError((folder / "log").read_text(errors="replace")[-2000:])
        yield socket
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
