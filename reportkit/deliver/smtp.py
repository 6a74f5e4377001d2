"""SMTP, step by step, so that it is always known whether the server may have the message."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from reportkit.deliver.compose import Composed
from reportkit.deliver.tokens import TokenSource
from reportkit.deliver.transport import AtRisk, Reply
from reportkit.distribution import Smtp
from reportkit.errors import ConfigError, TemporaryError
from reportkit.secret import resolve

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_CUT = 300


@dataclass
class SmtpTransport:
    """A mail server.

    Args:
        settings: of the configuration.
        folder: the workspace; paths are relative to it.
    """

    settings: Smtp
    folder: Path
    repeatable: bool = False
    _tokens: TokenSource | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.settings.oauth2 is not None:
            self._tokens = TokenSource(self.settings.oauth2, self.settings.timeout_seconds)

    @property
    def connections(self) -> int:
        """How many sessions may be open at once."""
        return self.settings.connections

    @property
    def _port(self) -> int:
        return self.settings.port or _PORTS[self.settings.security]

    @property
    def name(self) -> str:
        """What it is, for the ledger."""
        return f"smtp {self.settings.host}:{self._port}"

    def open(self) -> SmtpSession:
        """Connect, secure, log in."""
        given = self.settings
        try:
            server = self._connected()
        except ssl.SSLCertVerificationError as error:
            raise ConfigError(f"{self.name}: its certificate is not trusted ({error.verify_message}); set ca_file in [mail.smtp] if it is your own.") from None  # fmt: skip
        except ssl.SSLError:
            raise ConfigError(f"{self.name} does not speak TLS from the first byte; set security = 'starttls' in [mail.smtp], or the port of TLS (465).") from None  # fmt: skip
        except (OSError, smtplib.SMTPException) as error:
            raise TemporaryError(f"{self.name} cannot be reached ({_unreached(error, given.security)}); it is tried again later.") from None  # fmt: skip
        try:
            if given.security == "starttls":
                self._secured(server)
            server.ehlo_or_helo_if_needed()
            self._logged_in(server)
        except BaseException as error:
            server.close()
            if isinstance(error, smtplib.SMTPNotSupportedError):
                raise ConfigError(f"{self.name} offers no login over this connection; set another security in [mail.smtp], or leave out user and password.") from None  # fmt: skip
            if isinstance(error, OSError | smtplib.SMTPException):
                raise TemporaryError(f"{self.name} lets nobody in ({_said(error)}).") from None
            raise
        return SmtpSession(server)

    def _connected(self) -> smtplib.SMTP:
        given = self.settings
        if given.security == "tls":
            return smtplib.SMTP_SSL(
                given.host, self._port, timeout=given.timeout_seconds, context=self._context()
            )
        return smtplib.SMTP(given.host, self._port, timeout=given.timeout_seconds)

    def _secured(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        if not server.has_extn("starttls"):
            raise ConfigError(f"{self.name} offers no STARTTLS, so nothing was sent; use security = 'tls', or 'none' on a network you trust.")  # fmt: skip
        try:
            server.starttls(context=self._context())
        except ssl.SSLCertVerificationError as error:
            raise ConfigError(f"{self.name}: its certificate is not trusted ({error.verify_message}); set ca_file in [mail.smtp] if it is your own.") from None  # fmt: skip
        server.ehlo()

    def _context(self) -> ssl.SSLContext:
        given = self.settings
        try:
            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if given.ca_file:
                context.load_verify_locations(self.folder / given.ca_file)
            if given.client_certificate:
                key = self.folder / (given.client_key or given.client_certificate)
                context.load_cert_chain(self.folder / given.client_certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"[mail.smtp] a certificate cannot be read ({error}).") from None
        return context

    def _logged_in(self, server: smtplib.SMTP) -> None:
        given = self.settings
        if self._tokens is not None:
            try:
                self._by_token(server, self._tokens, fresh=False)
            except smtplib.SMTPAuthenticationError:
                self._by_token(server, self._tokens, fresh=True)
        elif given.password is not None:
            server.login(given.user, resolve(given.password).reveal())

    def _by_token(self, server: smtplib.SMTP, tokens: TokenSource, *, fresh: bool) -> None:
        token = tokens.token(fresh=fresh)

        def answer(challenge: bytes | None = None) -> str:
            # A challenge is the server's complaint; it is answered with nothing before the server says no.
            return (
                "" if challenge else f"user={self.settings.user}\1auth=Bearer {token.reveal()}\1\1"
            )

        server.auth("XOAUTH2", answer)


@dataclass
class SmtpSession:
    """An open connection."""

    server: smtplib.SMTP

    @property
    def limit(self) -> int | None:
        """What the server says in SIZE (RFC 1870)."""
        said = self.server.esmtp_features.get("size", "")
        return int(said) if said.isdigit() and int(said) else None

    def send(self, mail: Composed, at_risk: AtRisk) -> Reply:
        """Send one message; the server has it at the earliest when the line with the dot goes out."""
        server = self.server
        if mail.utf8 and not server.has_extn("smtputf8"):
            return Reply("refused", f"the server does not take addresses such as {mail.recipient} (no SMTPUTF8)")  # fmt: skip
        options = ["SMTPUTF8", "BODY=8BITMIME"] if mail.utf8 else []
        if server.has_extn("size"):
            options.append(f"SIZE={len(mail.data)}")
        if mail.utf8:
            server.command_encoding = "utf-8"
        try:
            for code, said in self._envelope(mail, options):
                if code not in {250, 251, 252, 354}:
                    with suppress(OSError, smtplib.SMTPException):
                        server.rset()
                    return _verdict(code, said)
            server.send(_stuffed(mail.data))
        except (OSError, smtplib.SMTPException) as error:
            # Without the closing dot no server may take it (RFC 5321, 4.1.1.4).
            return Reply("later", f"the connection broke before the end of the message ({_said(error)})", broken=True)  # fmt: skip
        finally:
            server.command_encoding = "ascii"
        if not at_risk():
            self.close()
            return Reply("lost", "", broken=True)
        try:
            server.send(b".\r\n")
            code, said = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return Reply("uncertain", f"the connection broke after the end of the message, before the server's answer ({_said(error)})", broken=True)  # fmt: skip
        if code == 250:
            return Reply("accepted", _line(code, said))
        # 421 closes the connection; whichever it is, the server says that it has not taken the message.
        verdict = _verdict(code, said)
        return Reply(verdict.state, verdict.said, broken=code == 421)

    def _envelope(self, mail: Composed, options: list[str]) -> list[tuple[int, bytes]]:
        server = self.server
        found = [server.mail(mail.sender, options)]
        if found[-1][0] == 250:
            found.append(server.rcpt(mail.recipient))
        if found[-1][0] in {250, 251, 252} and len(found) == 2:
            found.append(server.docmd("DATA"))
        return found

    def close(self) -> None:
        """Say goodbye when somebody listens."""
        try:
            self.server.quit()
        except (OSError, smtplib.SMTPException):
            self.server.close()


def _verdict(code: int, said: bytes) -> Reply:
    if code in {-1, 421}:
        return Reply("later", _line(code, said), broken=True)
    return Reply("later" if 400 <= code < 500 else "refused", _line(code, said))


def _stuffed(data: bytes) -> bytes:
    """Double the dots at the beginning of lines, and end with a line's end."""
    text = data.replace(b"\r\n.", b"\r\n..")
    text = b"." + text if text.startswith(b".") else text
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def _line(code: int, said: bytes) -> str:
    words = " ".join(said.decode("utf-8", "replace").split())
    return f"{code} {words}"[:_CUT] if code > 0 else "the connection broke"


def _unreached(error: Exception, security: str) -> str:
    """Say why nobody answered as a mail server does."""
    said = _said(error)
    if isinstance(error, smtplib.SMTPConnectError) and error.smtp_code == -1:
        return "something answers there, and it is no mail server; check host and port"
    # The library says of a server that is silent that it closed the connection.
    if isinstance(error, smtplib.SMTPServerDisconnected) and "timed out" in said:
        hint = "" if security == "tls" else "; a port with TLS from the first byte needs security = 'tls'"  # fmt: skip
        return f"it accepts the connection and says nothing{hint}"
    return said


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        reason = error.smtp_error
        return _line(error.smtp_code, reason if isinstance(reason, bytes) else str(reason).encode())
    return " ".join(str(error).split())[:_CUT] or type(error).__name__
