"""The process of the cells: runs them one after another and tells each output as it comes.

It is a process of its own, forked from a warm one or started afresh, so that nothing a notebook does is left to the next.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
import zlib
from typing import TYPE_CHECKING, Any

from reportkit.workers import wire
from reportkit.workers.lifeline import end_with_parent

if TYPE_CHECKING:
    from reportkit.workers.shell import ZMQInteractiveShell


def run(channel: socket.socket, shell: ZMQInteractiveShell) -> None:
    """Take the cells from a channel and run them.

    The first message has ``cells`` (source or None, and tags), ``folder``, ``seed`` and ``room``. Told are outputs, and
    ``["done", index, count, error, leaving, CPU seconds]`` after each cell.
    """
    from reportkit.workers import shell as front

    asked = wire.receive(channel)
    if asked is None:
        return
    os.chdir(asked["folder"])
    _seed(asked["seed"])
    front.SINK.tell = lambda message: wire.send(channel, message)
    front.SINK.room = asked["room"]
    front.enter(shell)
    for index, (source, tags) in enumerate(asked["cells"]):
        wire.send(channel, ["begin", index])
        error, count, begun = None, None, time.process_time()
        if source is not None:
            count = shell.execution_count
            error = _one(shell, source)
            front.SINK.flush()
        took = time.process_time() - begun
        wire.send(channel, ["done", index, count, error, shell.leaving, took])
        if shell.leaving or (error and "raises-exception" not in tags):
            break
    # What waits to be done at the end of a process must not keep a finished report waiting, or fail it.
    wire.send(channel, ["end"])


def _one(shell: Any, source: str) -> list[Any] | None:
    """Run a cell; give name, words and traceback of its error."""
    from reportkit.workers import shell as front

    front.SINK.begin()
    result = shell.run_cell(source, store_history=True, silent=False)
    error = result.error_before_exec or result.error_in_exec
    trace = list(getattr(shell, "_last_traceback", None) or ())
    if error is not None:
        return [type(error).__name__, str(error), trace]
    if getattr(shell, "_last_traceback_during_displayhook", False):
        return ["FormatterError", trace[-1] if trace else "", trace]
    return None


def _seed(seed: str) -> None:
    """Give each report random numbers of its own, and the same report the same ones."""
    number = zlib.crc32(seed.encode())
    import random

    # A process that was started afresh has not loaded it yet, and draws the same numbers as a forked one all the same.
    with contextlib.suppress(ImportError):
        import numpy as np

        np.random.seed(number)  # noqa: NPY002 - the global generator is the one that a notebook does not seed

    random.seed(number)


def alone(channel: socket.socket, shell: ZMQInteractiveShell) -> None:
    """Run the cells as a whole process, and end it without looking back."""
    import faulthandler

    code = 1
    try:
        with contextlib.suppress(OSError):
            faulthandler.enable(file=2)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run(channel, shell)
        code = 0
    except ConnectionError:
        pass
    except BaseException:  # noqa: BLE001 - whatever it is, the process ends here and its parent is told by the exit code
        import traceback

        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def main() -> None:
    """Run cells in a process that was started afresh."""
    end_with_parent()
    from reportkit.workers import shell

    alone(socket.socket(fileno=int(sys.argv[1])), shell.make())


if __name__ == "__main__":
    main()
