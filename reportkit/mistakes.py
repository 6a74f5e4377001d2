"""What is wrong in a TOML file, said as to somebody who types it: the line, what stands there, and what may."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from reportkit.errors import nearest

#: A key behind which a secret may stand by mistake; it is not repeated.
_PRIVATE = re.compile(r"(?i)password|secret|token|key$|^value$")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")
_LONGEST = 60
#: What a value must be, by the kinds of mistake that pydantic tells apart.
_WANTED = {
    "int_type": "a whole number such as 14",
    "int_parsing": "a whole number such as 14, without a unit",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_type": "a number such as 0.5",
    "float_parsing": "a number such as 0.5, without a unit",
    "decimal_type": "a number such as 0.01",
    "decimal_parsing": "a number such as 0.01, without a unit",
    "finite_number": "a number that is not infinite",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text in quotation marks",
    "tuple_type": 'a list such as ["a", "b"]',
    "list_type": 'a list such as ["a", "b"]',
    "dict_type": "a table with keys of its own",
    "model_type": "a table with keys of its own",
    "model_attributes_type": "a table with keys of its own",
}
_BOUNDS = {
    "greater_than": ("gt", "must be more than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}


def sentence(item: Mapping[str, Any], text: str, known: Collection[str]) -> str:
    """Say one mistake that pydantic found.

    Args:
        item: of ``ValidationError.errors()``.
        text: the file.
        known: the keys that may stand there.
    """
    place = _written(_parsed(text), item["loc"], missing=item["type"] == "missing")
    tagged = item["type"] == "union_tag_invalid"
    before = at(text, (*place, _tag(item)) if tagged else place)
    where = ".".join(map(str, place))
    if not where:
        return before + _words(item)
    if item["type"] == "secret":
        return f"{before}{where} {item['msg']}"
    if item["type"] == "extra_forbidden":
        return f"{before}unknown key {where}; {nearest(str(place[-1]), known)}".rstrip(".")
    if item["type"] == "missing":
        return f"{before}{where} is missing; write it"
    if item["type"] == "union_tag_not_found":
        return f"{before}{where}.{_tag(item)} is missing; allowed: {_expected(item)}".rstrip(".")
    if item["type"] == "union_tag_invalid":
        allowed = _QUOTED.findall(str(item["ctx"]["expected_tags"]))
        tag = str(item["ctx"]["tag"])
        return f"{before}{where}.{_tag(item)} = {tag!r}: {nearest(tag, allowed)}".rstrip(".")
    words = _words(item)
    # A sentence of our own may begin with what was given.
    given = "" if words.startswith(repr(item["input"])) else _given(item, str(place[-1]))
    return f"{before}{where}{given}: {words}"


def _given(item: Mapping[str, Any], key: str) -> str:
    value = item["input"]
    if _PRIVATE.search(key):
        return ""
    if isinstance(value, dict):
        # A whole part that does not fit together, or a table in place of a value.
        return " is a table" if item["type"].endswith(("_type", "_parsing")) else ""
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return f" = {shown if len(shown) <= _LONGEST else shown[:_LONGEST] + '…'}"


def _words(item: Mapping[str, Any]) -> str:
    kind = item["type"]
    if kind in _WANTED:
        return f"it takes {_WANTED[kind]}"
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"it {words} {item['ctx'][name]}"
    if kind == "literal_error":
        expected = str(item["ctx"]["expected"])
        said = nearest(str(item["input"]), _QUOTED.findall(expected))
        # Signs such as a comma need their quotation marks.
        return said if said.startswith("did you mean") else f"allowed: {expected}"
    words = str(item["msg"]).removeprefix("Value error, ").rstrip(".")
    return words[:1].lower() + words[1:] if item["loc"] and not words.startswith("TLP") else words


def _tag(item: Mapping[str, Any]) -> str:
    return str(item["ctx"]["discriminator"]).strip("'")


def _expected(item: Mapping[str, Any]) -> str:
    value: Any = item["ctx"].get("expected_tags", "")
    return str(value).replace("'", "") or "the kinds of docs/reference/configuration.md"


# ---- lines -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def at(text: str, place: Sequence[Any]) -> str:
    """Give the words before what is said of a key: ``line 3: ``; nothing where there is no line to name."""
    number = line(text, place)
    return f"line {number}: " if number else ""


def line(text: str, place: Sequence[Any]) -> int:
    """Give the line of a TOML text on which a key stands, counted from 1; of what it would stand in, where it is missing.

    The library reads TOML and forgets where it was read. The beginning of a text is TOML too, so that the shortest beginning
    with the key ends with it.

    Args:
        text: the file.
        place: keys and positions in lists that lead there.

    Returns:
        The line; 0 where the text is no TOML or the place is all of it.
    """
    path = _there(_parsed(text), place)
    if not path:
        return 0
    lines = text.splitlines(keepends=True)

    def whole(count: int) -> int:
        """Go on until a value that takes several lines has ended."""
        while count < len(lines) and _parsed("".join(lines[:count])) is None:
            count += 1
        return count

    without, found = 0, len(lines)
    while without + 1 < found:
        middle = (without + found) // 2
        end = whole(middle)
        if len(_there(_parsed("".join(lines[:end])), path)) == len(path):
            found = middle
        else:
            without = end
    # Of a value of several lines this is the first: from any of them one has to go on to its end.
    return found


def _written(data: Any, loc: Sequence[Any], *, missing: bool) -> tuple[Any, ...]:
    """Give the keys that lead to a mistake as they stand in the file, without the kinds by which pydantic read what is there."""
    found: list[Any] = []
    for number, part in enumerate(loc):
        last = missing and number == len(loc) - 1
        if last or _there(data, [*found, part]) == (*found, part):
            found.append(part)
    return tuple(found)


def _there(data: Any, place: Sequence[Any]) -> tuple[Any, ...]:
    """Give those keys of a place that are there, one in the other."""
    found: list[Any] = []
    for part in place:
        key: Any = part
        if isinstance(data, list) and str(part).isdigit():
            key = int(part)
        try:
            data = data[key] if isinstance(data, dict | list) else None
        except (KeyError, IndexError, TypeError):
            break
        if data is None:
            break
        found.append(key)
    return tuple(found)
