"""Tokens for client credentials, kept in memory until shortly before they expire."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reportkit.distribution import Tokens
from reportkit.errors import ConfigError, TemporaryError
from reportkit.secret import Secret, resolve

#: Seconds before its end at which a token is fetched anew.
_EARLY = 120.0


@dataclass
class TokenSource:
    """Fetches tokens, and keeps the last one; it is never written anywhere."""

    settings: Tokens
    timeout: float = 60
    clock: Callable[[], float] = time.monotonic
    _token: Secret | None = field(default=None, repr=False)
    _until: float = 0.0

    def token(self, *, fresh: bool = False) -> Secret:
        """Give a token.

        Args:
            fresh: do not use the kept one; the other side refused it.

        Raises:
            ConfigError: the credentials are refused.
            TemporaryError: the service cannot be reached, or answers with a fault of its own.
        """
        if self._token is None or fresh or self.clock() >= self._until:
            self._token, lasts = self._fetch()
            self._until = self.clock() + max(lasts - _EARLY, 0)
        return self._token

    def _fetch(self) -> tuple[Secret, float]:
        import requests

        given = self.settings
        form = {
            "grant_type": "client_credentials",
            "client_id": given.client_id,
            "client_secret": resolve(given.client_secret).reveal(),
            "scope": given.scope,
        }
        try:
            answer = requests.post(given.token_url, data=form, timeout=self.timeout)
        except requests.RequestException as error:
            raise TemporaryError(f"No token from {given.token_url} ({type(error).__name__}); it is tried again later.") from None  # fmt: skip
        if answer.status_code >= 500 or answer.status_code == 429:
            raise TemporaryError(f"No token from {given.token_url} ({answer.status_code}); it is tried again later.")  # fmt: skip
        try:
            said = answer.json()
        except ValueError:
            said = {}
        if answer.status_code != 200 or "access_token" not in said:
            why = str(said.get("error") or answer.status_code)
            raise ConfigError(f"No token from {given.token_url} for client {given.client_id} ({why}); check oauth2 in [mail].")  # fmt: skip
        return Secret(str(said["access_token"])), float(said.get("expires_in", 3600))
