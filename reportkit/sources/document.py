"""JSON files, with an error that says where they break."""

from __future__ import annotations

import json
from typing import Any

from reportkit.errors import DataError
from reportkit.sources import text
from reportkit.sources.content import Content
from reportkit.sources.model import Problem


def is_json(head: bytes) -> bool:
    """Say whether a file begins like a JSON object or list."""
    return text.sample(head).lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def parse(content: Content) -> tuple[Any, list[Problem]]:
    """Read a JSON file.

    Raises:
        DataError: it is not JSON; the message names line and column.
    """
    whole, warning = text.read_all(content)
    try:
        return json.loads(whole), [warning] if warning else []
    except json.JSONDecodeError as error:
        raise DataError(
            f"{content.path} is not valid JSON: {error.msg.lower()} at line {error.lineno:,}, column {error.colno:,}; "
            "export it again."
        ) from None
    except RecursionError:
        raise DataError(
            f"{content.path} is JSON nested too deeply to be an export; it is refused."
        ) from None
    except ValueError:
        # The only other one: Python makes no number of more than some thousand digits.
        raise DataError(
            f"{content.path} is JSON with a number of thousands of digits, as no export has; it is refused."
        ) from None


def parse_lines(content: Content) -> tuple[Any, list[Problem]]:
    """Read a JSON file, or one with a JSON value on every line.

    Raises:
        DataError: it is neither; the message names line and column.
    """
    try:
        return parse(content)
    except DataError:
        whole, warning = text.read_all(content)
        try:
            rows = [json.loads(line) for line in whole.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            rows = []
        if len(rows) < 2:
            raise
        return rows, [warning] if warning else []


def items(value: Any) -> list[dict[str, Any]]:
    """Give the objects of a list; nothing where there is no list (exports write null, or leave the key out)."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def mapping(value: Any) -> dict[str, Any]:
    """Give an object, or an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def word(value: Any) -> str | None:
    """Give a single value as trimmed text, or None where it is missing, blank or not a single value."""
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() or None
