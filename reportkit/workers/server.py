"""The fork server: one process with everything loaded and nothing running, which forks a worker for each job.

A job names a function, which is called in the worker with the job's arguments and with a listener for what it tells. The
server reads nothing of a job but that; it holds no state, so that a worker knows nothing of any other.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import select
import signal
import socket
import sys
import time
import traceback
from typing import Any

from reportkit.workers import forking, lifeline, wire

#: How long workers may take to clean up when the server's own end has come.
_GRACE = 2.0


def serve(channel: socket.socket) -> None:
    """Fork a worker for each message of the channel, until the other end is gone.

    The first message lists modules to load, and ``module:function`` for what is to be called then. Each other one is ``{"call": "module:function", "arguments": {...}}`` and
    brings the job's own channel; on it the worker sends ``{"told": ...}`` and ``{"result": ...}`` or ``{"fault": ...}``, and
    the server ``{"exit": code}`` when the worker has ended.
    """
    from reportkit.workers import shell

    front = shell.make()
    forking.prepared(front)
    culprit = ""
    for entry in wire.receive(channel) or ():
        module, _, name = entry.partition(":")
        loaded = importlib.import_module(module)
        if name:
            getattr(loaded, name)()
        if not culprit and forking.threads() > 1:
            culprit = entry
    gc.collect()
    gc.freeze()
    wire.send(channel, {"ready": os.getpid(), "culprit": culprit})
    _Server(channel).loop()


class _Server:
    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        #: Process and channel of each worker, by the file that says it has ended.
        self._workers: dict[int, tuple[int, socket.socket]] = {}

    def loop(self) -> None:
        while True:
            for file, _ in self._poll.poll():
                if file in self._workers:
                    self._ended(file)
                elif not self._job():
                    self._stop()
                    return

    def _job(self) -> bool:
        """Take a job and fork its worker; False when nobody asks any more."""
        message, files, _, _ = socket.recv_fds(self._channel, 1 << 20, 1)
        if not message or not files:
            return False
        job = socket.socket(fileno=files[0])
        pid = os.fork()
        if pid == 0:
            _work(job, [self._channel, *(other for _, other in self._workers.values())])
        life = os.pidfd_open(pid)
        self._workers[life] = (pid, job)
        self._poll.register(life, select.POLLIN)
        return True

    def _ended(self, life: int) -> None:
        pid, job = self._workers.pop(life)
        self._poll.unregister(life)
        os.close(life)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(OSError):
            wire.send(job, {"exit": code})
        job.close()

    def _stop(self) -> None:
        """End all workers: kindly, so that nothing half-written stays, then by force."""
        for pid, _ in self._workers.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + _GRACE
        while self._workers and time.monotonic() < until:
            for life in list(self._workers):
                if select.select([life], [], [], 0.02)[0]:
                    self._ended(life)
        # Whoever is still there ends with this process.


def _work(job: socket.socket, others: list[socket.socket]) -> None:
    """Be a worker: call the function, say what came of it, end."""
    code = 1
    try:
        os.setsid()
        lifeline.end_with_parent()
        for other in others:
            other.close()
        forking.hold(job)
        signal.signal(signal.SIGTERM, _leave)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        wire.send(job, {"pid": os.getpid()})
        asked = wire.receive(job)
        answer = _answer(asked, job)
        with contextlib.suppress(OSError):
            wire.send(job, answer)
        code = 0
    except SystemExit:
        pass
    except BaseException:  # noqa: BLE001 - the process ends here whatever it is
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def _answer(asked: Any, job: socket.socket) -> dict[str, Any]:
    module, _, name = asked["call"].partition(":")

    def tell(message: Any) -> None:
        with contextlib.suppress(OSError):
            wire.send(job, {"told": message})

    try:
        return {"result": getattr(importlib.import_module(module), name)(asked["arguments"], tell)}
    except Exception:  # noqa: BLE001 - told to whoever asked, who raises it
        return {"fault": traceback.format_exc()}


def _leave(_number: int, _frame: Any) -> None:
    raise SystemExit(1)


def main() -> None:
    """Serve on the channel that was handed over."""
    _trim_rarely()
    serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)


def _trim_rarely() -> None:
    """Let the allocator keep what it has: a short-lived process that gives pages back only has to ask for them again."""
    with contextlib.suppress(OSError, AttributeError):
        m_trim_threshold, m_mmap_threshold = -1, -3
        libc = ctypes.CDLL(None)
        libc.mallopt(m_trim_threshold, 512 << 20)
        libc.mallopt(m_mmap_threshold, 256 << 20)


if __name__ == "__main__":
    main()
