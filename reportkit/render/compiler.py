"""The one door to Typst: data and pictures in, PDF or the compiler's complaint out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from reportkit import theme
from reportkit.render import drawing

CONFORMANCE = ("ua-1", "a-2a")
_NO_GLYPH = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
#: A package of others, where it is no comment.
_PACKAGE = re.compile(rb'^(?!\s*//)[^\n]*?\bimport\s*\(?\s*"(@[^"\n]*)"', re.MULTILINE)
MISSING = "\N{WHITE SQUARE}"
#: Characters that the report's font always has, and invisible ones.
PLAIN = re.compile("[\t\n -~\u00a0-\u017f\u200b-\u206f\u2212]*")


def compiled(
    text: str, files: dict[str, bytes], fonts: Path, standards: tuple[str, ...]
) -> tuple[bytes | None, str]:
    """Give the PDF of a document's data, or None and what the compiler said."""
    return _run(
        {"main": _template(), "document.json": text.encode("utf-8"), **files}, fonts, standards
    )


def _run(
    source: dict[str, bytes], fonts: Path, standards: tuple[str, ...]
) -> tuple[bytes | None, str]:
    shared = drawing.shared(fonts)
    return shared.typeset(source, standards) if shared else typeset(source, fonts, standards)


def typeset(
    source: dict[str, bytes], fonts: Path, standards: tuple[str, ...]
) -> tuple[bytes | None, str]:
    """Set pages in this process; PDF, or None and what the compiler said."""
    import typst

    if package := _PACKAGE.search(source["main"]):
        return None, f"error: {package[1].decode(errors='replace')} would be fetched from the network; write what is needed of it into the template"  # fmt: skip
    compiler: Any = typst  # its type stubs do not know that files may come from memory
    try:
        pdf = compiler.compile(
            source,
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
            # Without one it is the current folder, and a template could show any file below that.
            root=str(fonts),
            pdf_standards=list(standards),
            timestamp=0,
        )
    except typst.TypstError as error:
        return None, str(error.diagnostic)
    return bytes(pdf), ""


def _template() -> bytes:
    from reportkit import resources

    return resources.template("typst", "report.typ").read_bytes()


_PROBE = b"""#set document(title: "probe", date: none)
#let look = json("look.json")
#set text(font: look.font, lang: "en")
#for c in json("document.json") { text(c); parbreak() }"""


@lru_cache(maxsize=64)
def undrawable(characters: frozenset[str], fonts: Path) -> frozenset[str]:
    """Give those characters that no font of the report can draw."""
    if not characters:
        return frozenset()
    source = {
        "main": _PROBE,
        "document.json": json.dumps(sorted(characters)).encode(),
        "look.json": json.dumps({"font": theme.families()}).encode(),
    }
    return frozenset(named(_run(source, fonts, CONFORMANCE)[1]) & characters)


def named(problem: str) -> set[str]:
    """Give the characters that the compiler says it cannot draw.

    It names whole pieces of text; the plain characters in them are not what is missing.
    """
    found = "".join(_NO_GLYPH.findall(problem))
    read = _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), found)
    return set(PLAIN.sub("", read)) - {MISSING}


def without(text: str, characters: Iterable[str]) -> str:
    """Give the data with characters that cannot be drawn replaced."""
    return text.translate({ord(character): MISSING for character in characters})


def sentence(problem: str) -> str:
    """Give the first complaint of the compiler."""
    said = re.search(r"error: (.+)", problem)
    return (said.group(1) if said else problem).strip()[:300] or "no reason given"
