"""YAML files, read safely: no tags that make objects, no aliases that grow without end."""

from __future__ import annotations

from typing import Any

import yaml as library

from reportkit.errors import DataError
from reportkit.sources import text
from reportkit.sources.content import Content

#: Aliases in one document; ten levels of ten make a billion copies.
_ALIASES = 100


class _Loader(library.CSafeLoader if hasattr(library, "CSafeLoader") else library.SafeLoader):  # type: ignore[misc]
    """The safe loader, with days left as they are written."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for key, found in library.SafeLoader.yaml_implicit_resolvers.items()
}


def yaml(content: Content) -> Any:
    """Read a YAML file.

    Raises:
        DataError: it is not YAML, or could grow without end; the message names the line.
    """
    whole, _ = text.read_all(content)
    try:
        _bounded(whole)
        return library.load(whole, Loader=_Loader)  # noqa: S506 - a safe loader made safer
    except library.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1:,}" if mark is not None else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise DataError(
            f"{content.path} is not valid YAML: {reason}{where}; export it again."
        ) from None
    except (ValueError, AttributeError, LookupError, TypeError):
        # The library takes a tag at its word: '!!float x', or a number of thousands of digits.
        raise DataError(
            f"{content.path} is YAML with a value that is not of its own kind; export it again."
        ) from None
    except RecursionError:
        raise DataError(
            f"{content.path} is YAML nested too deeply to be an export; it is refused."
        ) from None


def _bounded(whole: str) -> None:
    """Refuse a document that says the same again and again, before it is built."""
    events = library.parse(whole, Loader=_Loader)
    if sum(isinstance(event, library.AliasEvent) for event in events) > _ALIASES:
        raise library.YAMLError("too many aliases")
