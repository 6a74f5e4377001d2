"""Text that can be written down: half of a character, which JSON may hold and Python makes of names of files, is no text."""

from __future__ import annotations

import json
from typing import Any

#: What stands in place of half a character.
REPLACED = "\ufffd"


def text(words: str) -> str:
    """Give words with a replacement character where half of one stood."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def values(found: Any) -> Any:
    """Give plain values with all their texts so that they can be written; the same object where they can be already."""
    try:
        json.dumps(found, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return _mended(found)
    return found


def _mended(found: Any) -> Any:
    if isinstance(found, str):
        return text(found)
    if isinstance(found, dict):
        # Notebooks are dictionaries of a class of their own.
        return type(found)((_mended(name), _mended(value)) for name, value in found.items())
    return [_mended(value) for value in found] if isinstance(found, list | tuple) else found
