"""XML without its dangers: no document type, no entities, and no more memory than one record takes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NoReturn
from xml.etree import ElementTree as ET
from xml.parsers import expat

from reportkit.errors import DataError
from reportkit.sources.content import Content

#: Bytes within which the first element must begin.
PROLOG = 1 << 20
_CHUNK = 1 << 14
_START = re.compile(rb"^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*<")
#: What a document type may give to attributes: characters of all values together, and eight for each.
_GIVEN = 64


class _Root(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


class _DocumentType(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


def is_markup(head: bytes) -> bool:
    """Say whether a file begins like XML or HTML."""
    return _START.match(head) is not None


def root(head: bytes, doctypes: Collection[str] = ()) -> str | None:
    """Give the local name of the first element, or None when there is none or a document type is refused.

    Args:
        head: the first bytes of the file.
        doctypes: document types that the format itself writes; see ``elements``.
    """
    if not is_markup(head):
        return None
    try:
        _parse([head], doctypes)
    except _Root as found:
        return found.name
    except (_DocumentType, expat.ExpatError):
        return None
    return None


def _parse(chunks: Collection[bytes] | Iterator[bytes], doctypes: Collection[str]) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")

    def doctype(name: str, system: str | None, public: str | None, internal: int) -> None:
        if name not in doctypes or (internal and (system or public)):
            raise _DocumentType(name)

    def entity(name: str, *_: object) -> NoReturn:
        raise _DocumentType(name)

    given = 0

    def attribute(element: str, _name: str, _type: str, default: str | None, _required: int) -> None:  # fmt: skip
        # Every element without it gets it: long ones, and many short elements, fill all memory. Burp's are empty.
        nonlocal given
        given += 0 if default is None else 8 + len(default)
        if given > _GIVEN:
            raise _DocumentType(element)

    def element(name: str, _attributes: dict[str, str]) -> NoReturn:
        raise _Root(name.rpartition(" ")[2])

    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = entity
    parser.AttlistDeclHandler = attribute
    parser.StartElementHandler = element
    for chunk in chunks:
        parser.Parse(chunk, False)


def check(content: Content, doctypes: Collection[str] = ()) -> str:
    """Read up to the first element and give its local name.

    A document type can only stand before the first element, and entities only in a document type: what passes here
    can do no harm.

    Raises:
        DataError: there is a document type, or no element.
    """
    with content.open() as stream:
        chunks = iter(lambda: stream.read(_CHUNK), b"")
        bounded = (chunk for chunk, _ in zip(chunks, range(PROLOG // _CHUNK), strict=False))
        try:
            _parse(bounded, doctypes)
        except _Root as found:
            return found.name
        except _DocumentType as found:
            raise DataError(
                f"{content.path} declares a document type (<!DOCTYPE {found.name}>), which could make it read other "
                "files or grow without end; it is refused. Export it again without one, in a format that 'reportkit formats' lists."
            ) from None
        except expat.ExpatError as error:
            raise _broken(content, error) from None
    raise DataError(f"{content.path} is not XML: it has no element; export it again.")


def elements(
    content: Content, wanted: Collection[str], doctypes: Collection[str] = ()
) -> Iterator[ET.Element]:
    """Give the outermost elements of some names, one at a time, each whole; everything else is forgotten at once.

    Args:
        content: the XML file.
        wanted: local names of the elements.
        doctypes: names of document types that the format's own exports carry. They pass with declarations of their
            own elements between brackets, never of an entity or of a long text that attributes have by themselves; or with
            a reference to a file, which is never fetched.

    Raises:
        DataError: a document type, or XML that is not well formed.
    """
    check(content, doctypes)
    names: dict[str, bool] = {}
    above: list[ET.Element] = []
    inside = 0
    with content.open() as stream:
        try:
            for event, element in ET.iterparse(stream, events=("start", "end")):  # noqa: S314
                hit = names.get(element.tag)
                if hit is None:
                    hit = names[element.tag] = local(element) in wanted
                if event == "start":
                    above.append(element)
                    inside += hit
                    continue
                above.pop()
                inside -= hit
                if inside:
                    continue
                if hit:
                    yield element
                if above:
                    above[-1].remove(element)
        except ET.ParseError as error:
            raise _broken(content, error) from None


def local(element: ET.Element) -> str:
    """Give an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def child(element: ET.Element, name: str) -> ET.Element | None:
    """Give the first child of a local name."""
    return next((part for part in element if local(part) == name), None)


def fields(element: ET.Element) -> dict[str, str]:
    """Give the trimmed texts of the children by local name; of several the first, blank ones left out."""
    found: dict[str, str] = {}
    for part in element:
        name = local(part)
        if name not in found and part.text and (told := part.text.strip()):
            found[name] = told
    return found


def text(element: ET.Element | None, *path: str) -> str | None:
    """Give the trimmed text at the end of a path of local names, or None when it is missing or blank."""
    for name in path:
        if element is None:
            return None
        element = child(element, name)
    found = (element.text or "").strip() if element is not None else ""
    return found or None


def _broken(content: Content, error: ET.ParseError | expat.ExpatError) -> DataError:
    reason, _, place = str(error).partition(": ")
    return DataError(
        f"{content.path} is not well-formed XML ({reason}{', ' if place else ''}{place}); export it again."
    )
