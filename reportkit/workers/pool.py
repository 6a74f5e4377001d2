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
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reportkit.errors import KernelDied, RunTimeout
from reportkit.workers import runtime, wire

Listener = Callable[[Any], None]

_START_SECONDS = 120


class WorkerLost(KernelDied):
    """A worker or the fork server ended from outside; what it was doing can be done again."""


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
        self._ready = False
        #: The module that started threads while it was loaded: forked processes could hang, so each job has a server of its own.
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

    def _wait(self) -> None:
        """Wait until the server has loaded everything."""
        with self._lock:
            self._begin()
            channel = self._channel
            if channel is None or self._ready:
                return
            channel.settimeout(_START_SECONDS)
            try:
                said = wire.receive(channel)
            except TimeoutError:
                said = None
            if said is None:
                self._forget()
                raise WorkerLost(
                    f"The fork server did not start; '{Path(sys.executable).name} -m reportkit.cli --version' says whether "
                    "the installation is whole, and --engine kernel with --executor spawn:1 does without it."
                )
            self._ready, self.culprit = True, said["culprit"]
            channel.settimeout(None)

    def _handed(self, job: socket.socket) -> None:
        with self._lock:
            try:
                if self._channel is None:
                    raise BrokenPipeError
                socket.send_fds(self._channel, [b"job"], [job.fileno()])
            except OSError as error:
                self._forget()
                raise WorkerLost("The fork server has ended; run it again.") from error

    def _apart(
        self, call: str, arguments: Mapping[str, Any], tell: Listener, seconds: float | None
    ) -> Any:
        """Call a function in the worker of a server that has loaded nothing."""
        apart = Server((), self._environment)
        try:
            return apart.call(call, arguments, tell, seconds=seconds)
        finally:
            apart.stop()

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
                self._wait()
                if self.culprit:
                    return self._apart(call, arguments, tell, seconds)
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
        raise WorkerLost("The fork server ended while a report was being made; run it again.")

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
        raise WorkerLost(
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

    @property
    def culprit(self) -> str:
        """The module that keeps processes from being forked, once the server has started; mostly none."""
        return self._server.culprit

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
