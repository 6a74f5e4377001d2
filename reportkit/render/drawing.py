"""One process that draws the charts of many reports: its engine is started once, and no chart is drawn twice.

It listens on a socket that only this user can open, answers what :mod:`reportkit.render.charts` asks, and ends when its
standard input does. A report that cannot reach it draws its charts itself.
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
from pathlib import Path
from typing import Any

#: Names the socket in the environment of a report's process.
PLACE = "REPORTKIT_CHARTS"

_LENGTH = struct.Struct("!Q")
_CALLS = {"vegalite_to_svg", "vegalite_to_vega", "svg_to_png"}
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
            # The process is lost; what it would have drawn is drawn here.
            from reportkit.render import charts

            self._channel.close()
            return getattr(charts.engine(Path(self._fonts)), call)(*values, **more)
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
    """Draws for whoever asks, one drawing at a time, and remembers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: OrderedDict[bytes, bytes] = OrderedDict()
        self._size = 0

    def answer(self, asked: bytes) -> bytes:
        key = hashlib.sha256(asked).digest()
        with self._lock:
            if key in self._done:
                self._done.move_to_end(key)
                return self._done[key]
            answer = self._draw(asked)
            self._done[key] = answer
            self._size += len(answer)
            while self._size > _REMEMBERED:
                self._size -= len(self._done.popitem(last=False)[1])
            return answer

    @staticmethod
    def _draw(asked: bytes) -> bytes:
        from reportkit.render import charts

        fonts, call, values, more = json.loads(asked)
        try:
            if call not in _CALLS:
                raise ValueError(f"{call!r} is no drawing")
            made = getattr(charts.engine(Path(fonts)), call)(*values, **more)
        except Exception as error:  # noqa: BLE001 - the engine raises many kinds; the report that asked says it
            return json.dumps({"error": str(error)}).encode()
        if isinstance(made, bytes):
            return json.dumps({"bytes": base64.b64encode(made).decode()}).encode()
        return json.dumps({"value": made}, ensure_ascii=False).encode()

    def serve(self, channel: socket.socket) -> None:
        with channel:
            while (asked := _receive(channel)) is not None:
                _send(channel, self.answer(asked))


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
