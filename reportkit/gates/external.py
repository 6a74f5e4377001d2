"""Finds what a page would fetch by itself when it is opened."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_FETCHED = re.compile(r"\s*(?:https?:|ftp:|wss?:|//)", re.IGNORECASE)
_CSS_FETCH = re.compile(
    r"url\(\s*['\"]?\s*((?:https?:|ftp:|//)[^'\")\s]+)|@import\s+['\"]?([^'\";\s]+)", re.IGNORECASE
)
_DATA_FETCH = re.compile(
    r"\"(?:url|href|src)\"\s*:\s*\"((?:https?:|ftp:|//)[^\"]+)\"", re.IGNORECASE
)
_FETCHING = frozenset({
    "src", "srcset", "href", "xlink:href", "poster", "data", "action", "formaction", "background", "manifest", "ping",
    "longdesc", "cite", "codebase", "archive", "imagesrcset",
})  # fmt: skip


def external(page: str) -> list[str]:
    """List what a page would fetch by itself; a link that a reader may click is not fetched."""
    finder = _Finder()
    finder.feed(page)
    finder.close()
    return finder.found


class _Finder(HTMLParser):
    """Collects references to other places."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside = ""
        self._type = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._inside, self._type = tag, values.get("type", "")
        clickable = tag in {"a", "area"}
        for name, value in values.items():
            if name in _FETCHING and not (clickable and name == "href"):
                self.found += [f"<{tag} {name}={part[:80]!r}>" for part in _targets(name, value)]
            if name == "style":
                self._css(value)
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.found.append("<meta http-equiv='refresh'>")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's signature
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self._css(data)
        elif self._inside == "script" and "json" in self._type:
            self.found += [f"chart data {match[1][:80]!r}" for match in _DATA_FETCH.finditer(data)]

    def _css(self, text: str) -> None:
        self.found += [
            f"style sheet {(match[1] or match[2])[:80]!r}" for match in _CSS_FETCH.finditer(text)
        ]


def _targets(name: str, value: str) -> list[str]:
    parts = (
        [part.split()[0] for part in value.split(",") if part.split()]
        if "srcset" in name
        else [value]
    )
    return [part for part in parts if _FETCHED.match(part)]
