"""Microsoft Graph: ``sendMail`` with the message in MIME format, with client credentials."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from reportkit.deliver.compose import Composed
from reportkit.deliver.tokens import TokenSource
from reportkit.deliver.transport import AtRisk, Reply
from reportkit.distribution import Graph
from reportkit.errors import ConfigError

if TYPE_CHECKING:
    import requests

#: What one request to ``sendMail`` takes; larger messages need an upload session, which MIME format does not have.
_LIMIT = 4_000_000


@dataclass
class GraphTransport:
    """A mailbox of Microsoft 365."""

    settings: Graph
    repeatable: bool = False
    connections: int = 1
    _tokens: TokenSource = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.settings.oauth2 is None:
            raise ConfigError("[mail.graph] needs oauth2 with token_url, client_id and client_secret.")  # fmt: skip
        self._tokens = TokenSource(self.settings.oauth2, self.settings.timeout_seconds)

    @property
    def name(self) -> str:
        """What it is, for the ledger."""
        return f"graph {self.settings.mailbox}"

    def open(self) -> GraphSession:
        """Get a token."""
        import requests

        self._tokens.token()
        return GraphSession(self.settings, self._tokens, requests.Session())


@dataclass
class GraphSession:
    """A connection to Graph."""

    settings: Graph
    tokens: TokenSource
    http: requests.Session

    @property
    def limit(self) -> int | None:
        """The message goes in base64, which takes four bytes for three."""
        return _LIMIT * 3 // 4

    def send(self, mail: Composed, at_risk: AtRisk) -> Reply:
        """Send one message; 202 says that it is taken."""
        import requests

        if not at_risk():
            return Reply("lost", "")
        try:
            answer = self._post(mail, fresh=False)
            if answer.status_code == 401:
                answer = self._post(mail, fresh=True)
        except requests.exceptions.ConnectTimeout as error:
            return Reply("later", f"no connection ({type(error).__name__})", broken=True)
        except requests.RequestException as error:
            refused = isinstance(error, requests.ConnectionError) and "NewConnectionError" in str(error)  # fmt: skip
            state = "later" if refused else "uncertain"
            return Reply(state, f"no answer ({type(error).__name__})", broken=True)  # type: ignore[arg-type] # one of two literals
        if answer.status_code == 202:
            return Reply("accepted", f"202, request {answer.headers.get('request-id', 'without id')}")  # fmt: skip
        said = f"{answer.status_code} {_reason(answer)}"
        if answer.status_code in {429, 503, 504} or answer.status_code == 401:
            return Reply("later", said)
        # A fault within the service says nothing about whether the message left.
        return Reply("uncertain" if answer.status_code >= 500 else "refused", said)

    def _post(self, mail: Composed, *, fresh: bool) -> requests.Response:
        token = self.tokens.token(fresh=fresh)
        return self.http.post(
            f"{self.settings.url.rstrip('/')}/users/{quote(self.settings.mailbox)}/sendMail",
            data=base64.b64encode(mail.data),
            headers={"Authorization": f"Bearer {token.reveal()}", "Content-Type": "text/plain"},
            timeout=self.settings.timeout_seconds,
        )

    def close(self) -> None:
        """Let the connection go."""
        self.http.close()


def _reason(answer: requests.Response) -> str:
    try:
        said = answer.json()["error"]
        return f"{said.get('code', '')}: {said.get('message', '')}"[:300]
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(answer.reason or "")[:300]
