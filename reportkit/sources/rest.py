"""Asks a service for its records, page by page: patient when it is busy, and never with a secret to another host."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from reportkit import connections
from reportkit.errors import ConfigError, DataError, TemporaryError
from reportkit.secret import resolve
from reportkit.sources.document import mapping

#: Pages after which a service is taken for one that gives the same page for ever.
PAGES = 100_000
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST = 60.0


class Client:
    """One service: its address, how to show who asks, and how long to wait for it.

    Args:
        settings: of the source.
        sleep: waits some seconds; another one in trials.
    """

    def __init__(
        self, settings: connections.Rest, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._settings, self._sleep = settings, sleep
        self._session = requests.Session()
        # What is set in a machine's own files must not add somebody else's password.
        self._session.trust_env = False
        self._session.headers["Accept"] = "application/json"
        self._host = urlsplit(settings.url)
        if self._host.scheme not in {"http", "https"}:
            raise ConfigError(
                f"{settings.url} is no address of a service; it begins with https://."
            )
        self._sign_in()

    def pages(self, since: str | None = None) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
        """Give each answer with its records.

        Raises:
            DataError: refused, not found, or no list of records where it should be.
            TemporaryError: nobody answers, or it stays busy.
        """
        paging = self._settings.paging
        url, params = self._settings.url, dict(self._settings.params)
        if since is not None and self._settings.since is not None:
            params[self._settings.since.parameter] = since
        if paging.size_parameter:
            params[paging.size_parameter] = str(paging.size)
        counted = paging.first if paging.kind == "page" else 0
        for _ in range(PAGES):
            if paging.kind in {"page", "offset"}:
                params[paging.parameter] = str(counted)
            answer, link = self._get(url, params)
            records = self._records(answer)
            yield answer, records
            counted += 1 if paging.kind == "page" else len(records)
            following = self._following(answer, link, records)
            if following is None:
                return
            if paging.kind == "cursor":
                params[paging.parameter] = following
            elif paging.kind == "link":
                url, params = self._same_host(urljoin(url, following)), {}
        raise DataError(f"{self._settings.url} gave {PAGES:,} pages and no end; check its paging.")

    def _following(
        self, answer: Any, link: str | None, records: list[dict[str, Any]]
    ) -> str | None:
        """Give what leads to the next page; None after the last."""
        paging = self._settings.paging
        if paging.kind == "none" or (paging.kind != "link" and not records):
            return None
        if paging.kind in {"page", "offset"}:
            full = not paging.size_parameter or len(records) >= paging.size
            return "more" if full else None
        found = dig(answer, paging.field) if paging.field else link
        return str(found) if found else None

    def _records(self, answer: Any) -> list[dict[str, Any]]:
        found = dig(answer, self._settings.records) if self._settings.records else answer
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            where = f"at {self._settings.records!r}" if self._settings.records else "as a whole"
            raise DataError(
                f"{self._settings.url} answers without a list of records {where}; check 'records'."
            )
        return found

    def _get(self, url: str, params: dict[str, str]) -> tuple[Any, str | None]:
        answer = self._patiently(lambda: self._session.get(
            url, params=params, timeout=self._settings.timeout_seconds, allow_redirects=False
        ))  # fmt: skip
        try:
            return answer.json(), answer.links.get("next", {}).get("url")
        except requests.JSONDecodeError:
            raise DataError(
                f"{self._settings.url} answers with something that is not JSON; check the address."
            ) from None

    def _patiently(self, ask: Callable[[], requests.Response]) -> requests.Response:
        """Ask until there is an answer; wait as long as the service says, else longer each time, by chance."""
        where = self._settings.url
        for attempt in range(self._settings.retries + 1):
            try:
                answer = ask()
            except (requests.ConnectionError, requests.Timeout) as error:
                reason, wait = type(error).__name__, None
            else:
                if answer.status_code not in _BUSY:
                    return self._accepted(answer)
                reason, wait = f"status {answer.status_code}", _retry_after(answer)
            if attempt < self._settings.retries:
                by_chance = random.uniform(0, 2.0**attempt)  # noqa: S311 - spreads requests, hides nothing
                self._sleep(min(by_chance if wait is None else wait, _LONGEST))
        raise TemporaryError(
            f"{where} does not answer ({reason}, asked {self._settings.retries + 1} times); try again later."
        )

    def _accepted(self, answer: requests.Response) -> requests.Response:
        where, code = self._settings.url, answer.status_code
        if code in {401, 403}:
            raise DataError(f"{where} refuses us (status {code}); check the token and its rights.")
        if 300 <= code < 400:
            raise DataError(f"{where} sends us elsewhere (status {code}); give the address itself.")
        if code != 200:
            raise DataError(
                f"{where} answers with status {code}; check the address and its parameters."
            )
        return answer

    def _same_host(self, url: str) -> str:
        """Refuse a next page elsewhere: it would be sent the token."""
        there = urlsplit(url)
        if (there.scheme, there.netloc) != (self._host.scheme, self._host.netloc):
            raise DataError(
                f"{self._settings.url} says its next page is on {there.netloc or 'no host'}; it is not followed, as the token goes along."
            )
        return url

    def _sign_in(self) -> None:
        auth = self._settings.auth
        if isinstance(auth, connections.Bearer):
            self._session.headers["Authorization"] = f"{auth.word} {resolve(auth.token).reveal()}"
        elif isinstance(auth, connections.Basic):
            self._session.auth = (auth.user, resolve(auth.password).reveal())
        elif isinstance(auth, connections.Header):
            self._session.headers[auth.name] = resolve(auth.value).reveal()
        elif isinstance(auth, connections.OAuth2):
            self._session.headers["Authorization"] = f"Bearer {self._exchanged(auth)}"

    def _exchanged(self, auth: connections.OAuth2) -> str:
        """Exchange client credentials for a token (RFC 6749, section 4.4)."""
        fields = {
            "grant_type": "client_credentials",
            **({"scope": auth.scope} if auth.scope else {}),
        }
        credentials = (auth.client_id, resolve(auth.client_secret).reveal())
        answer = self._patiently(lambda: self._session.post(
            auth.token_url, data=fields, auth=credentials, timeout=self._settings.timeout_seconds, allow_redirects=False
        ))  # fmt: skip
        try:
            return str(answer.json()["access_token"])
        except (requests.JSONDecodeError, KeyError, TypeError):
            raise DataError(
                f"{auth.token_url} gives no access token; check the client and its scope."
            ) from None


def _retry_after(answer: requests.Response) -> float | None:
    """Give the seconds to wait, as the service says them: a number, or a date (RFC 9110, section 10.2.3)."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdigit():
        return float(said)
    try:
        # By the service's own clock, which need not be ours.
        now = parsedate_to_datetime(answer.headers.get("Date", ""))
        return max((parsedate_to_datetime(said) - now).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def dig(node: Any, path: str) -> Any:
    """Give what lies at a path of keys joined by dots; None when there is nothing."""
    for step in path.split("."):
        node = mapping(node).get(step)
    return node


def flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give a record without depth: names of inner ones joined by dots, lists as they are named, joined by ``|``."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            found[prefix + name] = "|".join(filter(None, map(_named, value)))
        else:
            found[prefix + name] = value
    return found


def _named(item: Any) -> str:
    if not isinstance(item, dict):
        return "" if item is None else str(item)
    for name in ("str", "name", "value", "id"):
        if item.get(name) is not None:
            return str(item[name])
    return str(next((value for value in item.values() if isinstance(value, str)), ""))
