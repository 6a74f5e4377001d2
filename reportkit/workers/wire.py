"""Messages between processes of one machine: JSON, each behind its length, over a socket that both hold."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!Q")


def pair() -> tuple[socket.socket, socket.socket]:
    """Give the two ends of a private channel."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)


def send(channel: socket.socket, message: Any) -> None:
    """Send one message.

    Raises:
        OSError: the other end is gone.
    """
    body = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
    channel.sendall(_LENGTH.pack(len(body)) + body)


def receive(channel: socket.socket) -> Any:
    """Wait for one message; None when the other end is gone.

    Raises:
        TimeoutError: the channel has a time limit, and it has passed.
    """
    head = _exactly(channel, _LENGTH.size)
    body = _exactly(channel, _LENGTH.unpack(head)[0]) if head is not None else None
    return None if body is None else json.loads(body.decode("utf-8", "surrogatepass"))


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    parts, missing = [], size
    while missing:
        try:
            part = channel.recv(min(missing, 1 << 20))
        except ConnectionError:
            return None
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
