"""A service on loopback that speaks as the documented ones do: pages, tokens, limits, and faults on demand."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Service:
    """What the service holds, who may ask, and what went wrong on purpose.

    Attributes:
        lists: records by path.
        credentials: headers ``Authorization`` or ``X-Api-Key`` that are let in.
        faults: answers (status, headers) given before it behaves.
        asked: path and parameters of every request.
        elsewhere: address that the answer names as the next page.
    """

    lists: dict[str, list[dict[str, Any]]]
    credentials: tuple[str, ...] = ()
    faults: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    elsewhere: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    url: str = ""


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Serve on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def _send(self, code: int, answer: Any, headers: dict[str, str]) -> None:
            body = json.dumps(answer).encode()
            (self.send_response_only if "Date" in headers else self.send_response)(code)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers["Content-Length"])).decode()
            basic = "Basic " + base64.b64encode(b"board:client-secret").decode()
            good = self.headers.get("Authorization") == basic and "client_credentials" in said
            self._send(200 if good else 401, {"access_token": "minted"} if good else {}, {})

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            params = {name: values[0] for name, values in parse_qs(parts.query).items()}
            service.asked.append((parts.path, params))
            if service.faults:
                code, headers = service.faults.pop(0)
                self._send(code, {}, headers)
                return
            shown = {self.headers.get("Authorization"), self.headers.get("X-Api-Key")}
            if service.credentials and not shown & set(service.credentials):
                self._send(401, {"detail": "Authentication credentials were not provided."}, {})
                return
            if parts.path not in service.lists:
                self._send(404, {"detail": "Not found."}, {})
                return
            self._page(parts.path, params)

        def _page(self, path: str, params: dict[str, str]) -> None:
            records = [
                record
                for record in service.lists[path]
                if "since" not in params or record.get("updated", "") > params["since"]
            ]
            size = int(params.get("limit", params.get("per_page", "2")))
            start = int(params.get("offset", params.get("token", "0")))
            if "page" in params:
                start = (int(params["page"]) - 1) * size
            page, after = records[start : start + size], start + size
            more = after < len(records)
            following = f"{service.url}{path}?offset={after}&limit={size}" if more else None
            answer = {
                "count": len(records),
                "next": service.elsewhere or following,
                "results": page,
                "meta": {"token": str(after) if more else None},
                **service.extra,
            }
            link = {"Link": f'<{following}>; rel="next"'} if following else {}
            self._send(200, answer, link)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def in_seconds(seconds: int) -> dict[str, str]:
    """Say when to come again as a date, beside the date it is now."""
    import time

    now = time.time()
    return {
        "Date": formatdate(now, usegmt=True),
        "Retry-After": formatdate(now + seconds, usegmt=True),
    }
