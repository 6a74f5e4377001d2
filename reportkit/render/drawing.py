"""One process that draws charts and sets pages for many reports: its engines are started once, and nothing is drawn twice.

It listens on a socket that only this user can open, answers what :mod:`reportkit.render.charts` and
:mod:`reportkit.render.compiler` ask, and ends when its standard input does. A report that cannot reach it does its work itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import select
import socket
import struct
import sys
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

#: Names the socket in the environment of a report's process.
PLACE = "REPORTKIT_CHARTS"

_LENGTH = struct.Struct("!Q")
_CALLS = {"vegalite_to_svg", "vegalite_to_vega", "svg_to_png", "typeset"}
#: Bytes of finished drawings that are remembered.
_REMEMBERED = 128_000_000
#: How long a report waits for the process to start, and for one drawing.
_START_SECONDS, _DRAW_SECONDS = 15.0, 120.0


class Unreachable(OSError):
    """The drawing process does not answer."""


class Drawing:
    """The drawing process, as a report sees it: the calls of ``vl_convert`` that a report makes.

    Args:
        place: the socket.
        fonts: folder of the report's fonts.

    Raises:
        Unreachable: nobody listens there.
    """

    def __init__(self, place: str, fonts: Path) -> None:
        self._fonts = str(fonts)
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._channel.connect(place)
                break
            except OSError as error:
                if time.monotonic() > until or not Path(place).parent.is_dir():
                    self._channel.close()
                    raise Unreachable(str(error)) from error
                time.sleep(0.02)
        self._channel.settimeout(_DRAW_SECONDS)

    def _ask(self, call: str, *values: Any, **more: Any) -> Any:
        asked = json.dumps([self._fonts, call, values, more], ensure_ascii=False, sort_keys=True)
        try:
            _send(self._channel, asked.encode())
            answer = _receive(self._channel)
        except OSError:
            answer = None
        if answer is None:
            # The process is lost; what it would have done is done here.
            self._channel.close()
            return _done(self._fonts, call, values, more)
        found = json.loads(answer)
        if "error" in found:
            raise ValueError(found["error"])
        return base64.b64decode(found["bytes"]) if "bytes" in found else found["value"]

    def vegalite_to_svg(self, spec: Any, **more: Any) -> Any:
        """Draw a chart as SVG."""
        return self._ask("vegalite_to_svg", spec, **more)

    def vegalite_to_vega(self, spec: Any, **more: Any) -> Any:
        """Compile a chart to Vega."""
        return self._ask("vegalite_to_vega", spec, **more)

    def svg_to_png(self, svg: str, **more: Any) -> Any:
        """Rasterise an SVG."""
        return self._ask("svg_to_png", svg, **more)

    def typeset(
        self, files: dict[str, bytes], standards: tuple[str, ...]
    ) -> tuple[bytes | None, str]:
        """Set pages; PDF, or None and what the compiler said."""
        packed = {name: base64.b64encode(data).decode() for name, data in files.items()}
        pdf, problem = self._ask("typeset", packed, list(standards))
        return (None if pdf is None else base64.b64decode(pdf)), problem


def shared(fonts: Path) -> Drawing | None:
    """Give the process that draws for all reports, where the environment names one and it answers."""
    # A forked process has a connection of its own.
    return _shared(fonts, os.environ.get(PLACE), os.getpid())


@lru_cache(maxsize=8)
def _shared(fonts: Path, place: str | None, _process: int) -> Drawing | None:
    if place:
        with suppress(Unreachable):
            return Drawing(place, fonts)
    return None


def _done(fonts: str, call: str, values: Any, more: Any) -> Any:
    """Do in this process what was asked."""
    from reportkit.render import charts, compiler

    if call == "typeset":
        files = {name: base64.b64decode(data) for name, data in values[0].items()}
        pdf, problem = compiler.typeset(files, Path(fonts), tuple(values[1]))
        return (None if pdf is None else base64.b64encode(pdf).decode()), problem
    return getattr(charts.engine(Path(fonts)), call)(*values, **more)


def _send(channel: socket.socket, body: bytes) -> None:
    channel.sendall(_LENGTH.pack(len(body)) + body)


def _receive(channel: socket.socket) -> bytes | None:
    head = _exactly(channel, _LENGTH.size)
    return None if head is None else _exactly(channel, _LENGTH.unpack(head)[0])


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        part = channel.recv(min(size - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


class _Desk:
    """Works for whoever asks, one drawing and one document at a time, and remembers drawings."""

    def __init__(self) -> None:
        self._engines = {True: threading.Lock(), False: threading.Lock()}
        self._known: OrderedDict[bytes, bytes] = OrderedDict()
        self._size = 0

    def answer(self, asked: bytes) -> bytes:
        fonts, call, values, more = json.loads(asked)
        pages = call == "typeset"
        key = hashlib.sha256(asked).digest()
        with self._engines[pages]:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
            answer = _written(fonts, call, values, more)
            # A document is asked for once; a chart by each of its formats, and by other reports.
            if not pages:
                self._remember(key, answer)
            return answer

    def _remember(self, key: bytes, answer: bytes) -> None:
        self._known[key] = answer
        self._size += len(answer)
        while self._size > _REMEMBERED:
            self._size -= len(self._known.popitem(last=False)[1])

    def serve(self, channel: socket.socket) -> None:
        with channel:
            while (asked := _receive(channel)) is not None:
                _send(channel, self.answer(asked))


def _written(fonts: str, call: str, values: Any, more: Any) -> bytes:
    if call not in _CALLS:
        return json.dumps({"error": f"{call!r} is no drawing"}).encode()
    try:
        made = _done(fonts, call, values, more)
    except Exception as error:  # noqa: BLE001 - the engines raise many kinds; the report that asked says it
        return json.dumps({"error": str(error)}).encode()
    if isinstance(made, bytes):
        return json.dumps({"bytes": base64.b64encode(made).decode()}).encode()
    return json.dumps({"value": made}, ensure_ascii=False).encode()


def serve(place: Path) -> None:
    """Listen on a socket until standard input ends."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    listener.bind(str(place))
    os.umask(mask)
    listener.listen(64)
    desk = _Desk()
    threading.Thread(target=_warm, args=(desk,), daemon=True).start()
    while True:
        ready, _, _ = select.select([listener, sys.stdin.fileno()], [], [])
        if listener not in ready:
            return
        channel, _ = listener.accept()
        threading.Thread(target=desk.serve, args=(channel,), daemon=True).start()


def _warm(desk: _Desk) -> None:
    """Start the engine before the first report asks."""
    from reportkit import resources

    spec = json.dumps({"mark": "point", "data": {"values": [{"a": 1}]}, "encoding": {}})
    desk.answer(json.dumps([str(resources.fonts()), "vegalite_to_svg", [spec], {}]).encode())


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
    os._exit(0)
