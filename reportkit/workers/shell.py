"""IPython inside this process: cells run here, and what they show goes to a listener instead of a front end."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from ipykernel import jsonutil
from ipykernel.compiler import XCachingCompiler
from ipykernel.zmqshell import ZMQInteractiveShell as _KernelShell
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from traitlets import Type
from traitlets.config import Config

Listener = Callable[[list[Any]], None]

_untyped: Any = jsonutil

_BACKEND = "module://matplotlib_inline.backend_inline"
#: Printed text waits until it is this long, or until something else is shown.
_BUFFER = 32_000


class Sink:
    """Takes what cells show, in its order; also from threads that cells start.

    Attributes:
        tell: called with each output; see :mod:`reportkit.workers.outputs` for what is told.
        room: how many characters of one cell and stream are still told; the reader cuts by the same number.
        home: the process of the cells. What a process that was forked from it prints goes past it, as from any other program.
    """

    def __init__(self) -> None:
        self.tell: Listener = lambda _: None
        self.room = 0
        self.home = 0
        self._lock = threading.RLock()
        self._left: dict[str, int] = {}
        self._name, self._text, self._size = "", list[str](), 0

    def begin(self) -> None:
        """Begin a cell."""
        self._left = {}

    def stream(self, name: str, text: str) -> None:
        """Take printed text."""
        if os.getpid() != self.home:
            _past(name, text)
            return
        with self._lock:
            left = self._left.get(name, self.room)
            if left <= 0 or not text:
                return
            if name != self._name:
                self.flush()
                self._name = name
            text = text[:left]
            self._left[name] = left - len(text)
            self._text.append(text)
            self._size += len(text)
            if self._size > _BUFFER:
                self.flush()

    def flush(self) -> None:
        """Tell the printed text that waits."""
        with self._lock:
            if self._text:
                text, self._text, self._size = "".join(self._text), [], 0
                self.tell(["stream", self._name, text])

    def show(self, kind: str, *parts: Any) -> None:
        """Tell what is no printed text."""
        if os.getpid() != self.home:
            return
        with self._lock:
            self.flush()
            self.tell([kind, *parts])

    def say(self, message: list[Any]) -> None:
        """Tell something else, after the printed text that waits."""
        with self._lock:
            self.flush()
            self.tell(message)


SINK = Sink()


def _past(name: str, text: str) -> None:
    """Write past the sink, to the end that the engine listens at for other programs."""
    rest = text.encode("utf-8", "replace")
    while rest:
        rest = rest[os.write(2 if name == "stderr" else 1, rest) :]


def _plain(data: dict[str, Any]) -> Any:
    """Give what is shown as a kernel would send it."""
    return _untyped.json_clean(_untyped.encode_images(data))


class _Stream(io.TextIOBase):
    """Standard output or error of the cells."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, file: int) -> None:
        self.name = f"<{name}>"
        self._stream, self._file = name, file

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self._file

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        SINK.stream(self._stream, text)
        return len(text)

    def flush(self) -> None:
        """Keep the text; it is told with the next output."""


class _Publisher(DisplayPublisher):
    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: Any = None,  # noqa: ARG002 - IPython's own signature
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        checked: Any = self
        checked._validate_data(data, metadata)  # noqa: SLF001 - of its own base class
        shown = _plain(data)
        name = (transient or {}).get("display_id")
        SINK.show(
            "update" if update else "display", shown, _untyped.json_clean(metadata or {}), name
        )

    def clear_output(self, wait: bool = False) -> None:
        SINK.show("clear", wait)


class _Hook(DisplayHook):
    #: Whether the value of a cell's last line is being shown; an error then is the cell's.
    showing = False

    def start_displayhook(self) -> None:
        self.showing = True

    def write_output_prompt(self) -> None:
        """A notebook shows none."""

    def write_format_data(
        self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None
    ) -> None:
        if format_dict:
            shown = _plain(format_dict)
            SINK.show("result", shown, _untyped.json_clean(md_dict or {}), self.prompt_count)

    def finish_displayhook(self) -> None:
        self.showing = False


class ZMQInteractiveShell(_KernelShell):
    """The shell of a kernel, without sockets; libraries look for this name to know that they are in a notebook."""

    displayhook_class = Type(_Hook)  # type: ignore[assignment]  # there is no session to send to
    display_pub_class = Type(_Publisher)  # type: ignore[assignment]  # as above
    leaving = False

    def ask_exit(self) -> None:
        """Remember that a cell asked to leave."""
        self.leaving = True

    def enable_gui(self, gui: Any = None) -> None:
        """There is nothing to draw windows on."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        self._last_traceback = stb
        if getattr(self.displayhook, "showing", False):
            self._last_traceback_during_displayhook = True
        SINK.show("error", str(etype.__name__), str(evalue), _untyped.json_clean(stb))


class _Kernel:
    """What libraries ask of ``get_ipython().kernel``."""

    session = iopub_socket = comm_manager = eventloop = None

    def __init__(self, shell: Any) -> None:
        self.shell = shell

    def get_parent(self, *_: Any) -> dict[str, Any]:
        return {}


def _no_input(*_: Any, **__: Any) -> str:
    raise StdinNotImplementedError(
        "raw_input was called, but this frontend does not support input requests."
    )


def make() -> ZMQInteractiveShell:
    """Make this process's shell.

    It must exist before pandas and its friends are loaded: they look for one.
    """
    environment = dict(os.environ)
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.HistoryManager.hist_file = ":memory:"
    settings.IPKernelApp = Config()
    # A kernel's way to name cells, on which it depends what a traceback shows of them.
    shell: ZMQInteractiveShell = ZMQInteractiveShell.instance(
        config=settings, compiler_class=XCachingCompiler
    )
    shell.kernel = _Kernel(shell)
    shell.builtin_trap.activate()
    # The shell asks for colours in this process; only the process of the cells is to have them.
    os.environ.clear()
    os.environ.update(environment)
    return shell


def enter(shell: ZMQInteractiveShell) -> None:
    """Make this process the one of the cells: standard streams, input and environment are a kernel's."""
    import builtins
    import getpass

    environment: Any = shell
    environment.init_environment()
    os.environ.setdefault("MPLBACKEND", _BACKEND)
    sys.stdout, sys.stderr = _Stream("stdout", 1), _Stream("stderr", 2)
    builtins.input = _no_input
    getpass.getpass = _no_input
    sys.argv = ["reportkit"]
