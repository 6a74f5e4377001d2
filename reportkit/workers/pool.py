"""A pool of warm workers: an executor whose jobs each run in a fresh process that has everything loaded."""

from __future__ import annotations

import concurrent.futures as cf
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from reportkit.errors import KernelDied, RunTimeout
from reportkit.workers import runtime, wire

Listener = Callable[[Any], None]

_START_SECONDS = 120


class ServerLost(KernelDied):
    """The fork server ended; what it was doing can be done again."""


class Server:
    """The fork server of this process, started when the first job comes and again when it was lost.

    Args:
        preload: modules that are loaded once, before any job.
        environment: added to this process's own.
    """

    def __init__(self, preload: Sequence[str], environment: Mapping[str, str]) -> None:
        self._preload, self._environment = list(preload), dict(environment)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        #: The module that started threads while it was loaded; cells are then not forked but started afresh.
        self.culprit = ""

    def start(self) -> None:
        """Begin to load; :meth:`call` waits for it."""
        with self._lock:
            self._begin()

    def _begin(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._forget()
        ours, theirs = wire.pair()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "reportkit.workers.server", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=sys.__stderr__ if sys.__stderr__ is not None else subprocess.DEVNULL,
            env={**runtime.environment(), **self._environment},
            start_new_session=True,
        )
        theirs.close()
        wire.send(ours, self._preload)
        self._channel = ours
        self._ready = False

    def _handed(self, job: socket.socket) -> None:
        with self._lock:
            self._begin()
            channel = self._channel
            if channel is None:
                raise ServerLost("The fork server did not start.")
            if not self._ready:
                channel.settimeout(_START_SECONDS)
                said = wire.receive(channel)
                if said is None:
                    raise ServerLost(
                        f"The fork server did not start; '{sys.executable} -c \"import reportkit\"' says why, or take --engine kernel."
                    )
                self._ready, self.culprit = True, said["culprit"]
                channel.settimeout(None)
            try:
                socket.send_fds(channel, [b"job"], [job.fileno()])
            except OSError as error:
                self._forget()
                raise ServerLost("The fork server has ended.") from error

    def call(
        self,
        call: str,
        arguments: Mapping[str, Any],
        tell: Listener,
        *,
        seconds: float | None = None,
    ) -> Any:
        """Call a function in a fresh worker and give what it returns.

        Args:
            call: ``module:function``; called with ``arguments`` and a listener.
            arguments: plain values.
            tell: called with what the worker tells on its way; what it raises ends the worker.
            seconds: after which the worker is ended.

        Raises:
            KernelDied: the worker was killed.
            RunTimeout: it took longer than allowed.
        """
        ours, theirs = wire.pair()
        with ours:
            with theirs:
                self._handed(theirs)
            ours.settimeout(seconds)
            with contextlib.suppress(OSError):
                wire.send(ours, {"call": call, "arguments": dict(arguments)})
            return _Worker(ours, tell).result(seconds)

    def _forget(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
        self._process = self._channel = None

    def stop(self) -> None:
        """End the server and what it is doing."""
        with self._lock:
            self._forget()


class _Worker:
    def __init__(self, channel: socket.socket, tell: Listener) -> None:
        self._channel, self._tell = channel, tell
        self._pid: int | None = None

    def result(self, seconds: float | None) -> Any:
        answer: dict[str, Any] | None = None
        try:
            while (message := wire.receive(self._channel)) is not None:
                if "told" in message:
                    self._tell(message["told"])
                elif "pid" in message:
                    self._pid = message["pid"]
                elif "exit" in message:
                    return _outcome(answer, message["exit"])
                else:
                    answer = message
        except TimeoutError:
            self._end()
            raise RunTimeout(
                f"The report took longer than {seconds:g} seconds outside its notebook and was ended."
            ) from None
        except BaseException:
            self._end()
            raise
        if answer is not None:
            return _outcome(answer, 0)
        raise ServerLost("The fork server ended while a report was being made; run it again.")

    def _end(self) -> None:
        """End the worker kindly, and wait for it."""
        if self._pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)
        self._channel.settimeout(5)
        with contextlib.suppress(TimeoutError):
            while (message := wire.receive(self._channel)) is not None and "exit" not in message:
                pass
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)


def _outcome(answer: dict[str, Any] | None, code: int) -> Any:
    if answer is None:
        ending = f"signal {-code}" if code < 0 else f"exit code {code}"
        with contextlib.suppress(ValueError):
            ending = f"signal {signal.Signals(-code).name}" if code < 0 else ending
        raise KernelDied(
            f"The report's process was ended by {ending}. The machine may have run out of memory; run the report again."
        )
    if "fault" in answer:
        raise RuntimeError(answer["fault"])
    return answer["result"]


class WarmPool(cf.Executor):
    """Runs jobs in warm workers, some at a time.

    What is submitted is the name ``module:function`` of a function of arguments and listener, the arguments, and the
    listener; each job has a process of its own.

    Args:
        workers: how many at a time.
        preload: modules that are loaded once.
        environment: added to this process's own.
        seconds: after which a worker is ended.
    """

    def __init__(
        self,
        workers: int,
        preload: Sequence[str] = (),
        *,
        environment: Mapping[str, str] = MappingProxyType({}),
        seconds: float | None = None,
    ) -> None:
        self._server = Server(preload, environment)
        self._threads = cf.ThreadPoolExecutor(workers, thread_name_prefix="reportkit-pool")
        self._seconds = seconds

    def start(self) -> WarmPool:
        """Begin to load before the first job comes."""
        self._server.start()
        return self

    def submit(  # type: ignore[override]  # a name crosses to another process, a function does not
        self, call: str, /, arguments: Mapping[str, Any], tell: Listener = lambda _: None
    ) -> cf.Future[Any]:
        """Run a job when a worker is free."""
        return self._threads.submit(self._server.call, call, arguments, tell, seconds=self._seconds)

    def call(self, call: str, arguments: Mapping[str, Any], tell: Listener) -> Any:
        """Run a job now, in this thread."""
        return self._server.call(call, arguments, tell, seconds=self._seconds)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the pool; without waiting, running jobs are ended too."""
        if not wait:
            self._server.stop()
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        self._server.stop()
