"""Who holds a piece of work, for how long, and whether that process still lives."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path


def machine() -> str:
    """Name where this process's number means something: containers may share the name of a host and have numbers of their own."""
    try:
        space = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{space:x}"


def token() -> str:
    """Give a name for this process that no other process ever has."""
    pid = os.getpid()
    return f"{machine()}:{pid}:{_begun(pid)}:{secrets.token_hex(8)}"


def shown(owner: str) -> str:
    """Give an owner as a person looks for him: the machine, and the number of the process."""
    host, _, rest = owner.partition(":")
    return f"{host.partition('/')[0]}:{rest.partition(':')[0]}"


def gone(owner: str) -> bool:
    """Say whether an owner is a process of this machine that has ended; of other machines nothing is known.

    A wrong answer costs no second copy: every change asks whether the owner is still the same.
    """
    host, _, rest = owner.rpartition(":")[0].partition(":")
    pid, _, begun = rest.partition(":")
    return host == machine() and pid.isdigit() and _begun(int(pid)) != begun


def _begun(pid: int) -> str:
    """Give the tick at which a process began; nothing when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    # A process that was killed and not yet waited for does nothing any more.
    return "" if fields[0] in {"Z", "X"} else fields[19]
