"""The process of the cells: runs them one after another and tells each output as it comes.

It is a process of its own, forked from a warm one or started afresh, so that nothing a notebook does is left to the next.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import sys
import termios
import time
from array import array
from functools import partial
from typing import TYPE_CHECKING, Any

from reportkit.workers import wire
from reportkit.workers.lifeline import end_with_parent
from reportkit.workers.seeding import seed

if TYPE_CHECKING:
    from reportkit.workers.shell import ZMQInteractiveShell


#: A program that goes on writing after its cell does not keep the next one waiting.
_HEARD_SECONDS = 0.5


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
    seed(asked["seed"])
    sink, home = front.SINK, os.getpid()
    sink.tell, sink.room, sink.home = partial(wire.send, channel), asked["room"], home
    front.enter(shell)
    for index, (source, tags) in enumerate(asked["cells"]):
        sink.say(["begin", index])
        error, count, begun = None, None, time.process_time()
        if source is not None:
            count = shell.execution_count
            error = _one(shell, source)
            if os.getpid() != home:
                # A cell forked, and this is the child: the other one goes on with the notebook.
                return
            _heard()
        took = time.process_time() - begun
        sink.say(["done", index, count, error, shell.leaving, took])
        if shell.leaving or (error and "raises-exception" not in tags):
            break
    # What waits to be done at the end of a process must not keep a finished report waiting, or fail it.
    sink.say(["end"])


def _heard() -> None:
    """Wait until everything that was written past Python is taken: it belongs to the cell that ends here."""
    until = time.monotonic() + _HEARD_SECONDS
    while any(map(_waits, (1, 2))) and time.monotonic() < until:
        time.sleep(0.0002)


def _waits(file: int) -> bool:
    """Say whether something that was written to a pipe is still in it."""
    waiting = array("i", [0])
    try:
        fcntl.ioctl(file, termios.FIONREAD, waiting)
    except OSError:
        return False
    return waiting[0] > 0


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
