"""Shows the newest page to browsers of this machine, and tells them when there is a newer one.

It listens on the loopback address alone, behind a path that cannot be guessed, and refuses any other name for itself, so
that no page from elsewhere can read it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, cast

from reportkit import resources

ADDRESS = "127.0.0.1"
#: A browser that hears nothing for longer may think that the line is dead.
_PING_SECONDS = 15.0
_POLICY = "default-src 'none'; img-src 'self'; script-src {script}; style-src {style}; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


Kind = Literal["busy", "good", "bad"]


class Shown:
    """What browsers see: the newest page, and a line that says where things are."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._number = 0
        self._state: dict[str, Any] = {"page": 0, "kind": "busy", "text": "Starting", "notes": []}
        self.page = b""
        self.asked = threading.Event()
        self.over = False

    def tell(self, text: str, kind: Kind = "good", *, notes: tuple[str, ...] = (), page: bytes | None = None) -> None:  # fmt: skip
        """Say something new.

        Args:
            text: one line.
            kind: whether something is going on, went well or went wrong.
            notes: what the author should see to.
            page: a new page; the one before stays when there is none.
        """
        with self._news:
            self._number += 1
            number = self._state["page"]
            if page is not None:
                self.page, number = page, self._number
            self._state = {"page": number, "kind": kind, "text": text, "notes": list(notes)}
            self._news.notify_all()

    def end(self) -> None:
        """Let everyone go who waits for news."""
        with self._news:
            self.over = True
            self._news.notify_all()

    def news(self, seen: int) -> tuple[int, dict[str, Any] | None]:
        """Wait for something newer than what was seen; None after a while without any."""
        with self._news:
            self._news.wait_for(lambda: self.over or self._number > seen, _PING_SECONDS)
            return self._number, self._state if self._number > seen else None


class Server(ThreadingHTTPServer):
    """Serves one report on the loopback address.

    Args:
        port: 0 for any that is free.
        shown: what is served.

    Raises:
        OSError: the port is taken.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, shown: Shown) -> None:
        self.shown = shown
        self.token = secrets.token_urlsafe(24)
        super().__init__((ADDRESS, port), _Handler)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{ADDRESS}:{self.server_port}/{self.token}/"

    @cached_property
    def frame(self) -> tuple[bytes, str]:
        """The page around the report, and the policy that allows its own script and style alone."""
        text = (resources.templates() / "preview" / "frame.html").read_text(encoding="utf-8")
        parts = {
            name: re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)[0]
            for name in ("script", "style")
        }
        hashes = {
            name: f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
            for name, part in parts.items()
        }
        return text.encode(), _POLICY.format(**hashes)

    def begin(self) -> None:
        """Serve in the background."""
        threading.Thread(target=self.serve_forever, daemon=True, name="reportkit-preview").start()

    def end(self) -> None:
        """Stop, and close the port."""
        self.shown.end()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle is no fault."""


class _Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "reportkit", ""

    @property
    def _own(self) -> Server:
        return cast("Server", self.server)

    def _place(self) -> str | None:
        """Give what is asked for below the secret path; None when this is not for us."""
        port = self._own.server_port
        if self.headers.get("Host", "") not in {f"{ADDRESS}:{port}", f"localhost:{port}"}:
            return None
        _, token, *rest = self.path.partition("?")[0].split("/", 2)
        if not rest or not secrets.compare_digest(token.encode(), self._own.token.encode()):
            return None
        return rest[0]

    def do_GET(self) -> None:
        """Give the frame, the report or the news."""
        place = self._place()
        if place == "":
            frame, policy = self._own.frame
            self._give(frame, policy=policy)
        elif place == "report":
            self._give(self._own.shown.page)
        elif place == "news":
            self._news()
        else:
            self._refuse()

    def do_POST(self) -> None:
        """Take the wish to run everything afresh."""
        if self._place() == "afresh":
            self._own.shown.asked.set()
            self._give(b"", HTTPStatus.ACCEPTED)
        else:
            self._refuse()

    def _refuse(self) -> None:
        self._give(b"", HTTPStatus.FORBIDDEN)

    def _give(self, content: bytes, status: HTTPStatus = HTTPStatus.OK, *, policy: str = "") -> None:  # fmt: skip
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self._guard()
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(content)

    def _guard(self) -> None:
        for name, value in (
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "SAMEORIGIN"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ):
            self.send_header(name, value)

    def _news(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self._guard()
        self.end_headers()
        seen = 0
        while not self._own.shown.over:
            seen, state = self._own.shown.news(seen)
            line = f"data: {json.dumps(state)}\n\n" if state is not None else ":\n\n"
            self.wfile.write(line.encode())
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
        """Say nothing: the terminal shows where the report is."""
