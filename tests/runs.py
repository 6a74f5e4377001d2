"""Finished runs made without a kernel, and mail servers that behave as servers do."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import nbformat
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from reportkit import config
from reportkit.facts import Facts
from reportkit.period import FiscalCalendar
from reportkit.run import approval, cuts, formats, publication
from reportkit.run.folder import Staging, manifest, series
from reportkit.run.stages import Stages
from tests.unit import documents

NOW = datetime(2026, 10, 12, 8, 0)
PERIOD = FiscalCalendar().parse("2026-Q3")
APPROVERS = '[approval]\nexpires_days = 30000\n[[approval.approvers]]\nname = "Ada Lind"\n[[approval.approvers]]\nname = "Bo Ek"\nlogins = ["bo"]\n'
AUDIENCE = """
[mail]
sender = "Security Office <security@example.org>"
{mail}
[audiences.board]
reports = ["board"]
domains = ["example.org"]
members = [
  {{ address = "anna@example.org", name = "Anna" }},
  {{ address = "ben@example.org", name = "Ben", role = "Chair" }},
  {{ address = "cleo@example.org", name = "Cleo", edition = "summary" }},
]
"""


def settings(mail: str = "", *, more: str = "") -> str:
    return AUDIENCE.format(mail=mail) + APPROVERS + more


def drafted(
    folder: Path,
    text: str,
    *,
    unit: str | None = None,
    name: str = "20261012T080000Z-12345678",
    started: datetime = NOW,
    by: str = "runner",
    kinds: tuple[str, ...] = ("html", "pdf", "email"),
    more: tuple[Any, ...] = (),
) -> Path:
    """Leave what a run leaves, with a small notebook that nobody executed."""
    from reportkit.render import model

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reportkit.toml").write_text(text, encoding="utf-8")
    cells = (
        documents.shown(documents.cover(unit=unit or "")),
        documents.text("# Position\n\nLoss is within appetite.", tags=("email",)),
    )
    executed = documents.notebook(*cells, *more)
    place = Staging(series(folder, "board", PERIOD.key, unit) / name)
    place.write("notebook.ipynb", nbformat.writes(executed).encode())
    formats.write(
        model.read(executed).marked("draft"), kinds, config.read(folder),
        name="board-2026-Q3.pdf", keep=place.write, stages=Stages(lambda _: None),
    )  # fmt: skip
    settings_ = config.read(folder)
    said = {"report": "board", "period": PERIOD.key}
    made = cuts.write(
        model.everything(executed), kinds, settings_, said, keep=place.write, stages=Stages(lambda _: None)
    )  # fmt: skip
    return place.publish(
        {
            **({"editions": {one.name: one.told() for one in made}} if made else {}),
            "report": "board", "period": PERIOD.key, "unit": unit or "", "run_id": name, "state": "draft", "by": by,
            "started": f"{started.isoformat()}Z", "as_of": PERIOD.end.isoformat(), "known_by": f"{started.isoformat()}Z",
            "gates": [{"name": "complete", "result": "pass", "reason": "all", "holds": True}], "extracts": {},
            "facts": Facts().model_dump(mode="json"), "artefacts": dict(place.kept), "remarks": [],
        }
    )  # fmt: skip


def published(folder: Path, text: str, **given: Any) -> Path:
    """Leave an approved and published run."""
    place = drafted(folder, text, **given)
    approved(folder, place, "Ada Lind")
    publication.publish(folder, "board", PERIOD, given.get("unit"), now=NOW + timedelta(hours=2))
    return place


def approved(folder: Path, place: Path, by: str, now: datetime = NOW, **more: Any) -> Any:
    asked = approval.Ask(by=by, now=now + timedelta(hours=1), **more)
    return approval.approve(folder, place, manifest(place), asked)


# ---- certificates ----------------------------------------------------------------------------------------------------


def certificate(folder: Path, name: str, address: str = "") -> Path:
    """Make a key and a certificate of its own in one PEM file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = (
        [x509.RFC822Name(address)]
        if address
        else [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
    )
    begun = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun)
        .not_valid_after(begun + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{address or name}.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


# ---- servers ---------------------------------------------------------------------------------------------------------


@dataclass
class Post:
    """A mail server and what it took; ``answers`` says what it replies after DATA, one for each message.

    An answer is a reply, or ``drop`` to take the message and say nothing, or ``cut`` to close at DATA.
    """

    refuse: Mapping[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    pause: float = 0.0
    took: list[Envelope] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    sessions: int = 0
    host: str = "localhost"
    port: int = 0

    def recipients(self) -> list[str]:
        return [one.rcpt_tos[0] for one in self.took]

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:  # noqa: N802 # fmt: skip
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802 # fmt: skip
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 kept"
        if self.pause:
            await asyncio.sleep(self.pause)
        if answer == "cut":
            _abort(server)
            return "451 gone"
        if answer == "drop":
            self.took.append(envelope)
            _abort(server)
            return "250 nobody hears this"
        if answer.startswith("250"):
            self.took.append(envelope)
        return answer

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:  # fmt: skip
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right", handled=False)


def _abort(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class _Xoauth2(SMTP):
    async def auth_XOAUTH2(self, _: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        given = base64.b64decode(args[1]).decode()
        self.event_handler.logins.append(tuple(given.split("\1")[:2]))
        if given.startswith("user=reports@example.org\1auth=Bearer good-"):
            return AuthResult(success=True)
        await self.challenge_auth('{"status":"401"}')
        return AuthResult(success=False, handled=False)


@contextmanager
def smtp(
    post: Post, *, tls: Path | None = None, implicit: bool = False, oauth: bool = False, **options: Any
) -> Iterator[Post]:  # fmt: skip
    """Run a server on loopback until the block ends."""
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        if options.pop("ask_for_certificate", False):
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(tls)
    given: dict[str, Any] = {"data_size_limit": None, "hostname": "localhost", **options}
    if context is not None and not implicit:
        given |= {"tls_context": context, "require_starttls": True}
    kind = _Xoauth2 if oauth else SMTP
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            lambda: kind(post, loop=loop, **given), "127.0.0.1", 0, ssl=context if implicit else None
        )  # fmt: skip

    async def end(server: asyncio.Server) -> None:
        server.close()
        await server.wait_closed()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    try:
        post.port = server.sockets[0].getsockname()[1]
        yield post
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


Answer = tuple[int, Mapping[str, str], bytes]


@contextmanager
def http(answer: Callable[[str, Mapping[str, str], bytes], Answer]) -> Iterator[str]:
    """Run a web server on loopback; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            code, headers, data = answer(self.path, dict(self.headers), body)
            if code == 0:
                self.connection.close()
                return
            self.send_response(code)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def said(value: object, code: int = 200) -> Answer:
    return code, {"Content-Type": "application/json"}, json.dumps(value).encode()
