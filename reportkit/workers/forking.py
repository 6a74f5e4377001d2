"""What a worker of the fork server knows about itself, and how it forks the process of the cells."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportkit.workers.shell import ZMQInteractiveShell

_shell: ZMQInteractiveShell | None = None
#: What this process holds and the cells have no business with.
_held: list[socket.socket] = []


def prepared(shell: ZMQInteractiveShell) -> None:
    """Remember the shell that was made before everything else was loaded."""
    globals()["_shell"] = shell


def hold(*channels: socket.socket) -> None:
    """Remember channels that a forked process of cells must not have."""
    _held.extend(channels)


def threads() -> int:
    """Count the threads of this process; 0 where the system does not say."""
    place = Path("/proc/self/task")
    return len(list(place.iterdir())) if place.is_dir() else 0


def possible() -> bool:
    """Say whether cells can be run in a fork of this process: it is prepared for it, and nothing else runs in it."""
    return sys.platform == "linux" and _shell is not None and threads() == 1


def cells(channel: socket.socket, out: int, err: int) -> int:
    """Fork the process of the cells and give its number.

    Args:
        channel: its end of the channel; see :mod:`reportkit.workers.cells`.
        out: what its standard output is to be.
        err: what its standard error is to be.
    """
    if _shell is None:
        raise RuntimeError("cells can be forked only where a shell was prepared")
    pid = os.fork()
    if pid:
        return pid
    try:
        from reportkit.workers import lifeline
        from reportkit.workers.cells import alone

        os.setsid()
        lifeline.end_with_parent()
        os.dup2(out, 1)
        os.dup2(err, 2)
        for held in _held:
            held.close()
        alone(channel, _shell)
    finally:
        os._exit(1)
