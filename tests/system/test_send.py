"""Sending to real servers on loopback: nothing is lost, nothing doubled, and the states are true."""

from __future__ import annotations

import email
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from reportkit.cli import main
from reportkit.deliver.sending import Round
from reportkit.errors import ConfigError, HeldError
from reportkit.ledger import deliveries, of
from reportkit.run import approval, dispatch
from reportkit.run.folder import manifest
from tests.runs import (
    NOW,
    PERIOD,
    Post,
    approved,
    certificate,
    drafted,
    http,
    published,
    said,
    settings,
    smtp,
)
from tests.system.postfix import missing, postfix

LATER = NOW + timedelta(hours=3)
PLAIN = 'transport = "smtp"\nsmtp = {{ host = "localhost", port = {port}, security = "none", timeout_seconds = 5 }}'
SECURE = 'transport = "smtp"\nsmtp = {{ host = "localhost", port = {port}, security = "{security}", ca_file = "localhost.pem"{more} }}'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "firm"
    published(folder, settings())
    return folder


@pytest.fixture
def firm(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "firm"))


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def post() -> Iterator[Post]:
    with smtp(Post()) as one:
        yield one


def configure(folder: Path, mail: str, more: str = "") -> None:
    (folder / "reportkit.toml").write_text(settings(mail, more=more), encoding="utf-8")


def send(folder: Path, now: datetime = LATER, to: tuple[str, ...] = ()) -> Round:
    found = dispatch.parcel(folder, "board", PERIOD, None, now)
    dispatch.put(of(folder), dispatch.addressed(folder, found, now, to))
    return dispatch.sender(folder, lambda: now).run()


def states(folder: Path) -> dict[str, str]:
    return {
        one.recipient.partition("@")[0] + (f"+{one.copy}" if one.copy else ""): one.state
        for one in deliveries.find(of(folder))
    }


ALL = {"anna": "accepted", "ben": "accepted", "cleo": "accepted"}


def parsed(data: Any) -> EmailMessage:
    found = email.message_from_bytes(bytes(data), policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


# ---- what arrives ----------------------------------------------------------------------------------------------------


def test_each_recipient_gets_one_message_with_the_approved_bytes(firm: Path, post: Post) -> None:
    configure(firm, PLAIN.format(port=post.port))
    send(firm)
    send(firm, LATER + timedelta(days=1))
    assert states(firm) == ALL
    assert post.recipients() == ["anna@example.org", "ben@example.org", "cleo@example.org"]
    assert post.sessions == 1
    messages = {str(m["To"]): m for m in (parsed(one.content) for one in post.took)}
    ben = messages["Ben <ben@example.org>"]
    (pdf,) = ben.iter_attachments()
    final = next(firm.glob("runs/board/2026-Q3/_all/*/final"))
    assert pdf.get_content() == (final / "report.pdf").read_bytes()
    assert pdf.get_filename() == "board-2026-Q3.pdf"
    assert ben["List-Id"] == "<board.reports.example.org>"
    assert ben["Auto-Submitted"] == "auto-generated"
    assert ben["Date"].datetime.replace(tzinfo=None) == LATER
    assert str(ben["From"]) == "Security Office <security@example.org>"
    for part in ("plain", "html"):
        body = ben.get_body((part,))
        assert body is not None
        words = " ".join(str(body.get_content()).split())
        assert "Loss is within appetite." in words
        assert "Attached: board-2026-Q3.pdf (" in words
        assert words.count("Attached:") == 1
        assert "Approved by Ada Lind (12 October 2026, asserted)." in words
        assert "draft" not in words.lower()
    lines = str(ben.get_body(("plain",)).get_content()).splitlines()  # type: ignore[union-attr] # it is there, see above
    rule = next(place for place, line in enumerate(lines) if line.startswith("-----"))
    assert lines[rule + 1].startswith("Attached: board-2026-Q3.pdf")
    assert max(map(len, lines)) <= 78
    cleo = messages["Cleo <cleo@example.org>"]
    assert list(cleo.iter_attachments()) == []
    assert "Attached" not in str(cleo.get_body(("plain",)))
    assert len({m["Message-ID"] for m in messages.values()}) == 3


def test_the_same_message_has_the_same_id_on_every_machine(firm: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(firm, tmp_path / "other"))
    send(firm)
    send(other)
    ours, theirs = (sorted((place / "outbox").iterdir()) for place in (firm, other))
    assert [path.name for path in ours] == [path.name for path in theirs]
    assert [path.read_bytes() for path in ours] == [path.read_bytes() for path in theirs]


def test_the_proof_says_who_got_what(firm: Path, post: Post, capsys: Any) -> None:
    configure(firm, PLAIN.format(port=post.port))
    send(firm)
    assert code(firm, "deliveries", "--period", "2026-Q3", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    anna = listed[0]
    assert (anna["recipient"], anna["state"], anna["said"], anna["revision"]) == ("anna@example.org", "accepted", "250 kept", 1)  # fmt: skip
    assert [event["state"] for event in anna["history"]] == ["sending", "accepted"]
    import hashlib

    final = next(firm.glob("runs/board/2026-Q3/_all/*/final/report.pdf"))
    assert anna["sent"]["attached"] == {
        "board-2026-Q3.pdf": hashlib.sha256(final.read_bytes()).hexdigest()
    }
    assert anna["sha256"] == hashlib.sha256(post.took[0].original_content or b"").hexdigest()


# ---- servers that misbehave ------------------------------------------------------------------------------------------


def test_one_refused_address_is_refused_and_nobody_else_gets_it_twice(firm: Path) -> None:
    with smtp(Post(refuse={"ben@example.org": "550 no such user"})) as post:
        configure(firm, PLAIN.format(port=post.port))
        send(firm)
        assert states(firm) == {**ALL, "ben": "refused"}
        send(firm, LATER + timedelta(days=1))
        assert post.recipients() == ["anna@example.org", "cleo@example.org"]


def test_a_refusal_of_everything_after_data_is_no_success(firm: Path, capsys: Any) -> None:
    with smtp(Post(answers=["550 not wanted"] * 3)) as post:
        configure(firm, PLAIN.format(port=post.port))
        assert code(firm, "send", "board", "2026-Q3") == 8
    assert set(states(firm).values()) == {"refused"}
    assert "Not delivered to 3 of 3 (3 refused)" in capsys.readouterr().err


def test_a_connection_lost_after_data_is_uncertain_until_somebody_asks(firm: Path) -> None:
    """The server took the message and its answer was lost: a second copy goes only to whom somebody names."""
    with smtp(Post(answers=["250 kept", "drop"])) as post:
        configure(firm, PLAIN.format(port=post.port))
        send(firm)
        assert states(firm) == {**ALL, "ben": "uncertain"}
        send(firm, LATER + timedelta(days=1))
        assert sorted(post.recipients()) == sorted(f"{n}@example.org" for n in ALL)
        assert code(firm, "resend", "board", "2026-Q3", "--to", "ben@example.org") == 0
        assert post.recipients().count("ben@example.org") == 2
        assert states(firm) == {**ALL, "ben": "uncertain", "ben+1": "accepted"}
        ids = {parsed(one.content)["Message-ID"] for one in post.took}
        assert len(ids) == 4


def test_a_temporary_refusal_is_tried_again_later_and_only_that_one(firm: Path) -> None:
    with smtp(Post(answers=["250 kept", "451 greylisted"])) as post:
        configure(firm, PLAIN.format(port=post.port))
        send(firm)
        assert states(firm) == {**ALL, "ben": "prepared"}
        send(firm, LATER + timedelta(minutes=1))
        assert len(post.took) == 2
        send(firm, LATER + timedelta(minutes=6))
        assert states(firm) == ALL
        assert sorted(post.recipients()) == sorted(f"{n}@example.org" for n in ALL)


def test_a_slow_server_that_never_answers_in_time_is_uncertain(firm: Path) -> None:
    with smtp(Post(pause=1.5)) as post:
        configure(firm, PLAIN.format(port=post.port).replace("= 5 }", "= 0.5 }"))
        send(firm, to=("anna@example.org",))
        assert states(firm) == {"anna": "uncertain"}


def test_a_slow_server_within_its_time_is_waited_for(firm: Path) -> None:
    with smtp(Post(pause=0.4)) as post:
        configure(firm, PLAIN.format(port=post.port))
        send(firm, to=("anna@example.org",))
        assert states(firm) == {"anna": "accepted"}


def test_what_the_server_finds_too_large_is_left_out_and_named(firm: Path) -> None:
    final = next(firm.glob("runs/board/2026-Q3/_all/*/final"))
    size = (final / "report.pdf").stat().st_size
    with smtp(Post(), data_size_limit=size) as post:
        configure(firm, PLAIN.format(port=post.port))
        send(firm)
        assert states(firm) == ALL
        anna = parsed(post.took[0].content)
    assert list(anna.iter_attachments()) == []
    body = anna.get_body(("plain",))
    assert body is not None
    words = " ".join(str(body.get_content()).split())
    assert "Left out, because a mail here may take" in words
    assert "board-2026-Q3.pdf" in words
    assert "Loss is within appetite." in words
    assert deliveries.find(of(firm))[0].sent["left_out"] == ["board-2026-Q3.pdf"]


def test_a_server_that_is_away_keeps_everything_for_later(firm: Path, capsys: Any) -> None:
    configure(firm, PLAIN.format(port=9))
    assert code(firm, "send", "board", "2026-Q3") == 8
    assert set(states(firm).values()) == {"prepared"}
    assert "smtp localhost:9 cannot be reached" in capsys.readouterr().err


# ---- who is trusted --------------------------------------------------------------------------------------------------


def test_without_starttls_nothing_is_said(firm: Path, post: Post) -> None:
    configure(firm, PLAIN.format(port=post.port).replace('"none"', '"starttls"'))
    with pytest.raises(ConfigError, match="offers no STARTTLS, so nothing was sent"):
        send(firm)
    assert post.took == []
    assert set(states(firm).values()) == {"prepared"}


def test_an_unknown_certificate_is_not_trusted(firm: Path, pem: Path) -> None:
    with smtp(Post(), tls=pem) as post:
        more = SECURE.format(port=post.port, security="starttls", more="")
        configure(firm, more.replace(', ca_file = "localhost.pem"', ""))
        with pytest.raises(ConfigError, match="its certificate is not trusted"):
            send(firm)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize(("security", "password"), [("starttls", "right"), ("tls", "right"), ("starttls", "wrong")])  # fmt: skip
def test_a_login_goes_over_an_encrypted_connection(
    firm: Path, pem: Path, monkeypatch: Any, security: str, password: str
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", password)
    shutil.copy(pem, firm / "localhost.pem")
    post = Post()
    options: dict[str, Any] = {"authenticator": post.authenticate, "auth_required": True}
    if security == "tls":
        options["auth_require_tls"] = False
    with smtp(post, tls=pem, implicit=security == "tls", **options):
        login = ', user = "reports", password = "env:MAIL_PASSWORD"'
        configure(firm, SECURE.format(port=post.port, security=security, more=login))
        found = send(firm)
    assert ("reports", password) in post.logins
    if password == "right":
        assert states(firm) == ALL
    else:
        assert "lets nobody in (535" in found.stopped
        assert "wrong" not in found.stopped
        assert set(states(firm).values()) == {"prepared"}


def test_a_server_may_ask_for_a_certificate(firm: Path, pem: Path) -> None:
    shutil.copy(pem, firm / "localhost.pem")
    with smtp(Post(), tls=pem, ask_for_certificate=True) as post:
        configure(firm, SECURE.format(port=post.port, security="starttls", more=', client_certificate = "localhost.pem"'))  # fmt: skip
        send(firm)
    assert states(firm) == ALL


OAUTH = ', user = "reports@example.org", oauth2 = {{ token_url = "{url}/token", client_id = "id", client_secret = "env:CLIENT_SECRET" }}'


def test_xoauth2_with_client_credentials(firm: Path, pem: Path, monkeypatch: Any) -> None:
    """The first token is refused; the server's complaint is answered, and a fresh one is fetched once."""
    monkeypatch.setenv("CLIENT_SECRET", "very secret")
    shutil.copy(pem, firm / "localhost.pem")
    asked: list[bytes] = []

    def token(path: str, headers: Any, body: bytes) -> Any:
        asked.append(body)
        return said({"access_token": "old" if len(asked) == 1 else "good-2", "expires_in": 3600})

    with http(token) as url, smtp(Post(), tls=pem, oauth=True) as post:
        configure(firm, SECURE.format(port=post.port, security="starttls", more=OAUTH.format(url=url)))  # fmt: skip
        send(firm)
    assert states(firm) == ALL
    assert post.logins == [("user=reports@example.org", "auth=Bearer old"), ("user=reports@example.org", "auth=Bearer good-2")]  # fmt: skip
    assert len(asked) == 2
    assert b"grant_type=client_credentials" in asked[0]
    assert b"client_secret=very+secret" in asked[0]
    for path in [*firm.rglob("*.db"), *firm.rglob("*.toml")]:
        assert b"very secret" not in path.read_bytes()
        assert b"good-2" not in path.read_bytes()


GRAPH = """transport = "graph"
[mail.graph]
mailbox = "reports@example.org"
url = "{url}/v1.0"
oauth2 = {{ token_url = "{url}/token", client_id = "id", client_secret = "env:CLIENT_SECRET", scope = "https://graph.microsoft.com/.default" }}
"""


@pytest.mark.parametrize(
    ("code_", "state"),
    [(202, "accepted"), (403, "refused"), (429, "prepared"), (503, "prepared"), (500, "uncertain"), (0, "uncertain")],
)  # fmt: skip
def test_microsoft_graph(firm: Path, monkeypatch: Any, code_: int, state: str) -> None:
    """As documented for sendMail: the message in MIME format as base64 text, 202 without a body when it is taken."""
    monkeypatch.setenv("CLIENT_SECRET", "s")
    got: list[tuple[str, str, bytes]] = []

    def answer(path: str, headers: Any, body: bytes) -> Any:
        if path == "/token":
            return said({"access_token": "t-1", "expires_in": 3599, "token_type": "Bearer"})
        got.append((path, headers["Authorization"] + " " + headers["Content-Type"], body))
        if code_ in {202, 0}:
            return code_, {"request-id": "42"}, b""
        return said({"error": {"code": "ErrorX", "message": "no"}}, code_)

    with http(answer) as url:
        configure(firm, GRAPH.format(url=url))
        send(firm, to=("ben@example.org",))
    assert states(firm) == {"ben": state}
    path, headers, body = got[0]
    assert (path, headers) == ("/v1.0/users/reports%40example.org/sendMail", "Bearer t-1 text/plain")  # fmt: skip
    import base64

    assert str(parsed(base64.b64decode(body))["To"]) == "Ben <ben@example.org>"
    assert len(got) == 1


# ---- a server as it is run, and a reader that is not Python's -----------------------------------------------------------


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_postfix_takes_what_it_should(firm: Path, pem: Path) -> None:
    """Over STARTTLS; who is not known there is refused, and what is too large for it is left out."""
    shutil.copy(pem, firm / "localhost.pem")
    final = next(firm.glob("runs/board/2026-Q3/_all/*/final"))
    with postfix(pem, ["anna", "cleo", "jörg"]) as server:
        configure(firm, SECURE.format(port=server.port, security="starttls", more=""))
        text = (firm / "reportkit.toml").read_text()
        jorg = '{ address = "jörg@example.org", name = "Jörg Müller, 部長" },\n]\n[approval]'
        (firm / "reportkit.toml").write_text(text.replace("]\n[approval]", jorg))
        send(firm)
        assert states(firm) == {**ALL, "ben": "refused", "jörg": "accepted"}
        proof = {one.recipient.partition("@")[0]: one for one in deliveries.find(of(firm))}
        assert "Ok: queued as" in proof["anna"].said
        assert proof["ben"].said.startswith("550 5.1.1 <ben@example.org>: Recipient address rejected")  # fmt: skip
        for name, count in (("anna", 1), ("jörg", 1), ("cleo", 0)):
            (data,) = server.mailbox(name)
            message = parsed(data)
            assert message["Message-ID"] == proof[name].message_id
            attached = [part.get_content() for part in message.iter_attachments()]
            assert attached == [(final / "report.pdf").read_bytes()] * count
        # Python's parser takes a header in UTF-8 (RFC 6532) for bytes that it does not know.
        name = parsed(server.mailbox("jörg")[0])["To"].addresses[0].display_name
        assert name.encode("ascii", "surrogateescape").decode() == "Jörg Müller, 部長"
        assert "TLSv1.3" in server.mailbox("anna")[0].decode("utf-8", "replace")
    with postfix(pem, ["anna"], limit=(final / "report.pdf").stat().st_size) as server:
        configure(firm, SECURE.format(port=server.port, security="starttls", more=""))
        assert code(firm, "resend", "board", "2026-Q3", "--to", "anna@example.org") == 0
        (data,) = server.mailbox("anna")
    assert list(parsed(data).iter_attachments()) == []
    assert b"Left out, because a mail here" in data


def mu(*words: str | Path) -> str:
    done = subprocess.run(["mu", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("mu") is None, reason="no mu, which reads mail with GMime")
def test_another_program_reads_the_same(firm: Path, tmp_path: Path) -> None:
    """GMime finds the same names, words, pictures and bytes as were put in."""
    name = "Jörg Müller, 部長"
    text = settings().replace('name = "Anna"', f'name = "{name}", formats = ["pdf", "html"]')
    (firm / "reportkit.toml").write_text(text, encoding="utf-8")
    send(firm, to=("anna@example.org",))
    (path,) = (firm / "outbox").iterdir()
    out = tmp_path / "parts"
    out.mkdir()
    mu("extract", "--save-all", f"--target-dir={out}", path)
    final = next(firm.glob("runs/board/2026-Q3/_all/*/final"))
    for ending in ("pdf", "html"):
        assert (out / f"board-2026-Q3.{ending}").read_bytes() == (final / f"report.{ending}").read_bytes()  # fmt: skip
    shown = mu("view", path)
    body = parsed(path.read_bytes()).get_body(("plain",))
    assert body is not None
    assert " ".join(str(body.get_content()).split()) in " ".join(shown.split())
    assert f"To: {name} <anna@example.org>" in shown.replace('"', "")
    assert str(parsed(path.read_bytes())["Subject"]) in shown


# ---- S/MIME and passwords --------------------------------------------------------------------------------------------


def openssl(*words: str | Path, data: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_signed_and_encrypted_mail_is_read_by_openssl(firm: Path, tmp_path: Path) -> None:
    (firm / "certs").mkdir()
    office = certificate(tmp_path, "office", "security@example.org")
    anna = certificate(firm / "certs", "anna", "anna@example.org")
    smime = f'[mail.smime]\ncertificates = "certs"\ncertificate = "{office}"\nkey = "{office}"\n'
    more = settings("", more=smime).replace('domains = ["example.org"]', 'domains = ["example.org"]\nencrypt = "where possible"')  # fmt: skip
    (firm / "reportkit.toml").write_text(more)
    send(firm)
    assert states(firm) == ALL
    by_to = {str(parsed(p.read_bytes())["To"]): p for p in (firm / "outbox").iterdir()}
    signed = openssl("smime", "-verify", "-CAfile", office, "-in", by_to["Ben <ben@example.org>"])
    assert [p.get_filename() for p in parsed(signed).iter_attachments()] == ["board-2026-Q3.pdf"]
    opened = openssl("smime", "-decrypt", "-in", by_to["Anna <anna@example.org>"], "-recip", anna)
    inner = openssl("smime", "-verify", "-CAfile", office, data=opened)
    assert [p.get_filename() for p in parsed(inner).iter_attachments()] == ["board-2026-Q3.pdf"]
    # One changed letter is found.
    broken = by_to["Ben <ben@example.org>"].read_bytes().replace(b"appetite", b"appetit3")
    done = subprocess.run(["openssl", "smime", "-verify", "-CAfile", str(office)], input=broken, capture_output=True, check=False)  # fmt: skip
    assert done.returncode != 0


def test_who_has_no_certificate_gets_nothing_where_it_is_required(firm: Path) -> None:
    text = settings().replace('domains = ["example.org"]', 'domains = ["example.org"]\nencrypt = "required"')  # fmt: skip
    (firm / "reportkit.toml").write_text(text)
    send(firm)
    assert set(states(firm).values()) == {"refused"}
    assert "must be encrypted, and there is no certificate" in deliveries.find(of(firm))[0].said
    assert list((firm / "outbox").glob("*.eml")) == []


def test_a_pdf_with_a_password(firm: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PDF_PASSWORD", "open sesame")
    configure(firm, 'pdf_password = "env:PDF_PASSWORD"')
    send(firm, to=("ben@example.org",))
    (path,) = (firm / "outbox").iterdir()
    message = parsed(path.read_bytes())
    (pdf,) = message.iter_attachments()
    copy = path.with_suffix(".pdf")
    copy.write_bytes(pdf.get_content())
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(copy)
    with pikepdf.open(copy, password="open sesame") as opened:
        assert (opened.encryption.R, opened.encryption.bits) == (6, 256)
    body = message.get_body(("plain",))
    assert body is not None
    assert "no PDF/A" in " ".join(str(body.get_content()).split())


# ---- only approved bytes ---------------------------------------------------------------------------------------------


def code(folder: Path, *words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["reportkit", *words, "-w", str(folder)])
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0


def test_what_nobody_approved_is_not_sent(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "firm"
    place = drafted(folder, settings(more=""))
    assert code(folder, "send", "board", "2026-Q3") == 2
    assert code(folder, "publish", "board", "2026-Q3") == 0
    assert code(folder, "send", "board", "2026-Q3") == 5
    assert "is not approved, so nothing was sent" in capsys.readouterr().err
    approved(folder, place, "Bo Ek", NOW + timedelta(days=1))
    send(folder, NOW + timedelta(days=2))
    assert states(folder) == ALL


@pytest.mark.parametrize("changed", ["report.pdf", "message.eml"])
def test_changed_bytes_are_not_sent(firm: Path, changed: str) -> None:
    final = next(firm.glob("runs/board/2026-Q3/_all/*/final"))
    with (final / changed).open("ab") as file:
        file.write(b" ")
    with pytest.raises(HeldError, match="not the file that was made final"):
        send(firm)
    assert states(firm) == {}


def test_an_approval_taken_back_stops_what_is_still_here(firm: Path, post: Post) -> None:
    configure(firm, PLAIN.format(port=post.port))
    found = dispatch.parcel(firm, "board", PERIOD, None, LATER)
    dispatch.put(of(firm), dispatch.addressed(firm, found, LATER))
    asked = approval.Ask(by="Ada Lind", now=LATER, note="one figure")
    assert not approval.revoke(firm, found.folder, manifest(found.folder), asked).complete
    dispatch.sender(firm, lambda: LATER).run()
    assert post.took == []
    assert {d.said for d in deliveries.find(of(firm))} == {"the approval was taken back, or has expired"}  # fmt: skip
    approved(firm, found.folder, "Ada Lind", LATER)
    dispatch.sender(firm, lambda: LATER + timedelta(hours=2)).run()
    assert states(firm) == ALL


def test_an_expired_approval_counts_no_more(firm: Path) -> None:
    with pytest.raises(HeldError, match="is not approved"):
        send(firm, NOW + timedelta(days=30_001))


Typed = Callable[..., int]


def test_only_members_are_sent_to(firm: Path, capsys: Any) -> None:
    assert code(firm, "send", "board", "2026-Q3", "--to", "ann@example.org") == 2
    assert "is not in an audience of this report; did you mean 'anna@example.org'?" in capsys.readouterr().err  # fmt: skip
    assert states(firm) == {}


def test_a_corrected_revision_goes_only_to_those_who_got_the_first(firm: Path, capsys: Any) -> None:
    from dataclasses import replace

    from reportkit.ledger import Erratum

    text = (firm / "reportkit.toml").read_text()
    send(firm, to=("anna@example.org", "cleo@example.org"))
    ledger = of(firm)
    told = ledger.publication("board", "2026-Q3")
    assert told is not None
    corrected_at = LATER + timedelta(days=1)
    error = Erratum(
        measure="V04", scope="", name="Overdue weaknesses", unit="count", old=12.0, new=9.0, cause="error",
        reason="Two were counted twice.", approver="Head of audit",
    )  # fmt: skip
    ledger.correct(replace(told, run_id=f"{told.run_id}-r2", published_at=corrected_at), [], [error], {})  # fmt: skip
    with pytest.raises(Exception, match="Revision 2 of board 2026-Q3 was told after its last run"):
        send(firm, corrected_at)
    again = drafted(firm, text, name="20261013T200000Z-87654321", started=corrected_at + timedelta(hours=1))  # fmt: skip
    with pytest.raises(HeldError, match="is not approved"):
        send(firm, corrected_at + timedelta(hours=2))
    approved(firm, again, "Bo Ek", corrected_at + timedelta(hours=2))
    send(firm, corrected_at + timedelta(hours=4))
    second = [d for d in deliveries.find(ledger) if d.revision == 2]
    assert {d.recipient: d.state for d in second} == {"anna@example.org": "accepted", "cleo@example.org": "accepted"}  # fmt: skip
    (path,) = (p for p in (firm / "outbox").glob("*.eml") if second[0].message_id[1:33] in p.name)
    message = parsed(path.read_bytes())
    body = message.get_body(("plain",))
    assert body is not None
    words = " ".join(str(body.get_content()).split())
    assert words.startswith("This is revision 2. It puts right what was told before: V04 Overdue weaknesses: 12 was told, 9 is right. Two were counted twice. Approved by Head of audit.")  # fmt: skip
    assert [p.get_filename() for p in message.iter_attachments()] == ["board-2026-Q3-r2.pdf"]
    assert str(message["Subject"]).endswith(", revision 2")
