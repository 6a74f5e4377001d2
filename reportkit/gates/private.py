"""Gates on what must stay here: the values of secrets, and the folders of this machine."""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from collections.abc import Iterator
from email import message_from_bytes
from functools import lru_cache
from urllib.parse import quote

from reportkit.gates.evidence import Evidence, Gate

#: A shorter value is found everywhere by chance.
LEAST = 6
#: Objects and metadata that a PDF keeps packed. The text of its pages is numbers of glyphs; the page and the notebook hold the same.
_STREAM = re.compile(rb"/(?:ObjStm|Metadata)\b[^>]*>>\s*stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def secrets(evidence: Evidence) -> Gate:
    """No value of a secret stands in anything that was written; what is found is named, never repeated."""
    searched = {name: value for name, value in evidence.secrets.items() if len(value) >= LEAST}
    if not searched:
        return Gate("secrets", "not-applicable", "this workspace uses no secret")
    found = [
        f"the value of {name} in {file}"
        for file, text in _texts(evidence)
        for name, value in searched.items()
        if any(form in text for form in _forms(value))
    ]
    if found:
        return Gate("secrets", "fail", "; ".join(dict.fromkeys(found)))
    short = len(evidence.secrets) - len(searched)
    more = f"; {short} shorter than {LEAST} characters were not searched for" if short else ""
    return Gate("secrets", "pass", f"no value of {len(searched)} secrets is in what was written{more}")  # fmt: skip


def paths(evidence: Evidence) -> Gate:
    """No folder of this machine stands in anything that was written."""
    if not evidence.files:
        return Gate("paths", "not-applicable", "nothing was written")
    found = [
        f"{place} in {file}"
        for file, text in _texts(evidence)
        for place in evidence.places
        if place.encode() in text
    ]
    if found:
        return Gate("paths", "fail", "; ".join(dict.fromkeys(found)))
    return Gate("paths", "pass", "no folder of this machine is named")


def _texts(evidence: Evidence) -> Iterator[tuple[str, bytes]]:
    for name, data in evidence.files.items():
        yield name, data
        for part in _parts(name, data):
            yield name, part


@lru_cache(maxsize=4)
def _parts(name: str, data: bytes) -> tuple[bytes, ...]:
    """Give what is packed inside of a file: the texts of a mail, the streams of a PDF."""
    return tuple(_unpacked(name, data))


def _unpacked(name: str, data: bytes) -> Iterator[bytes]:
    if name.endswith(".eml"):
        for part in message_from_bytes(data).walk():
            # What is attached is a file of the run, and looked at as such.
            if part.get_content_maintype() == "text":
                content = part.get_payload(decode=True)
                yield content if isinstance(content, bytes) else b""
    if name.endswith(".pdf"):
        for match in _STREAM.finditer(data):
            try:
                yield zlib.decompress(match[1])
            except zlib.error:
                continue


@lru_cache(maxsize=64)
def _forms(value: str) -> tuple[bytes, ...]:
    """Give a value in every form in which it is likely to be written."""
    written = {
        value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], html.escape(value), quote(value, safe=""),
        base64.b64encode(value.encode()).decode().rstrip("="),
    }  # fmt: skip
    return tuple(form.encode() for form in written)
