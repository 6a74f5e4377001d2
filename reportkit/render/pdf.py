"""The document as PDF: typeset from data by one fixed template, for readers, for screen readers and for archives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportkit import locale, theme
from reportkit.errors import ReportkitError
from reportkit.facts import Cover
from reportkit.render import letterhead, vectors
from reportkit.render.compiler import (
    CONFORMANCE,
    MISSING,
    PLAIN,
    compiled,
    named,
    sentence,
    undrawable,
    without,
)
from reportkit.render.measure import clean
from reportkit.render.model import UNDATED, Document, Prose
from reportkit.render.tabular import Setting
from reportkit.render.typeset import Typesetter

_TRIES = 4
#: Room for a logo on the cover, in millimetres.
_LOGO_HEIGHT, _LOGO_WIDTH = 12.0, 70.0
_TITLE_LENGTH = 180
_TLP = {
    "RED": "For the named readers only. Do not pass it on.",
    "AMBER+STRICT": "For your organisation only, to those who need to know.",
    "AMBER": "For your organisation and its clients, to those who need to know.",
    "GREEN": "For your community. Do not publish.",
    "CLEAR": "May be shared freely.",
}
_STATE = {"draft": "DRAFT", "held": "HELD BACK", "final": ""}


@dataclass(frozen=True)
class PdfResult:
    """A written PDF.

    Attributes:
        data: the file.
        pages: how many.
        conformance: the standards it was written to (``ua-1``, ``a-2a``); empty if the writer refused them.
        warnings: what had to be repaired, left out, or why the standards were refused.
    """

    data: bytes
    pages: int
    conformance: tuple[str, ...]
    warnings: tuple[str, ...]


def write(document: Document, *, fonts: Path | None = None) -> PdfResult:
    """Typeset a document; the same document gives the same bytes.

    Args:
        document: what :func:`reportkit.render.model.read` gives.
        fonts: folder with Inter as static TTF files; without it the bundled one.

    Raises:
        ReportkitError: the writer refuses the document even as an ordinary PDF.
    """
    if fonts is None:
        from reportkit import resources

        fonts = resources.fonts()
    setting = Setting(fonts)
    data = _front(document, setting)
    data["blocks"] = Typesetter(setting).blocks(document)
    text = json.dumps(data, ensure_ascii=False)
    missing = undrawable(frozenset(PLAIN.sub("", text)), fonts)
    text, lost = without(text, missing), set(missing)
    warnings = setting.warnings
    standards: tuple[str, ...] = CONFORMANCE
    if data["date"] is None:
        standards = CONFORMANCE[:1]
        warnings.append(
            "not written to PDF/A-2a, which asks for a date: the notebook does not say when it was run"
        )
    for _ in range(_TRIES):
        pdf, problem = compiled(text, setting.files, fonts, standards)
        if pdf is not None:
            return _result(pdf, standards, warnings, lost)
        again = named(problem)
        if not again:
            break
        text, lost = without(text, again), lost | again
    warnings.append(
        f"written as an ordinary PDF, not to PDF/UA-1 and PDF/A-2a: {sentence(problem)}"
    )
    pdf, problem = compiled(text, setting.files, fonts, ())
    if pdf is None:
        raise ReportkitError(
            f"the PDF could not be typeset: {sentence(problem)}; this is a fault in the template."
        )
    return _result(pdf, (), warnings, lost)


def _result(
    pdf: bytes, conformance: tuple[str, ...], warnings: list[str], lost: set[str]
) -> PdfResult:
    if lost:
        names = ", ".join(f"U+{ord(character):04X}" for character in sorted(lost)[:12])
        more = f" and {len(lost) - 12} more" if len(lost) > 12 else ""
        warnings = [*warnings, f"no glyph for {names}{more}: shown as {MISSING}"]
    pages = max(
        (int(count) for count in re.findall(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)", pdf)),
        default=0,
    )
    return PdfResult(
        data=pdf, pages=pages, conformance=conformance, warnings=tuple(dict.fromkeys(warnings))
    )


# ---- what stands before the body ----


def _front(document: Document, setting: Setting) -> dict[str, Any]:
    cover = document.cover
    dated = cover.known_by != UNDATED
    title, subtitle = _short(cover.title or "Report", setting), _short(cover.subtitle, setting)
    day = cover.known_by
    running = " · ".join(filter(None, (cover.organisation, ", ".join(filter(None, (cover.title, cover.period))),
                                       cover.unit, _STATE[cover.status].capitalize())))  # fmt: skip
    return {
        "theme": theme.typst(),
        "title": clean(" – ".join(filter(None, (cover.organisation, ", ".join(filter(None, (title, cover.period))))))),
        "author": clean(cover.author or cover.organisation or "reportkit"),
        "description": clean(cover.subtitle or title),
        "keywords": [clean(word) for word in (cover.classification, cover.period) if word],
        "date": {"year": day.year, "month": day.month, "day": day.day} if dated else None,
        "language": _language(cover.language),
        "region": "GB" if _language(cover.language) == "en" else None,
        "running": clean(running if len(running) < 120 else running[:118] + "…"),
        "contents": _headings(document) > 1,
        "logo": _logo(setting),
        "guide": _guide(cover, dated=dated),
        "cover": {
            "organisation": clean(cover.organisation), "title": clean(title), "subtitle": clean(subtitle),
            "period": clean(cover.period), "classification": clean(cover.classification), "state": _STATE[cover.status],
            "size": _title_size(title, setting), "facts": [[clean(name), clean(words)] for name, words in _facts(cover)],
        },
    }  # fmt: skip


_LABELS = {"as_of": "As of", "known_by": "Data known by", "unit": "Unit", "author": "Prepared by", "audience": "For", "status": "Status", "classification": "Marked", "period": "Period"}  # fmt: skip


def _facts(cover: Cover) -> Iterator[tuple[str, str]]:
    for name, words in letterhead.cover_facts(cover, _LABELS):
        yield name, words[:_TITLE_LENGTH]


def _logo(setting: Setting) -> dict[str, Any] | None:
    drawn = letterhead.logo_svg()
    if drawn is None:
        return None
    width, height = vectors.size(drawn)
    scale = min(_LOGO_HEIGHT / height, _LOGO_WIDTH / width)
    return {"file": setting.file(drawn.encode()), "height": round(height * scale, 2)}


def _guide(cover: Cover, *, dated: bool) -> list[dict[str, str]]:
    entries = [
        {
            "tone": "good",
            "term": "On target",
            "text": "Within the target or appetite set for this measure.",
        },
        {
            "tone": "watch",
            "term": "Watch",
            "text": "Short of the limit, but not yet where action is due.",
        },
        {"tone": "bad", "term": "Act", "text": "Where action is due. The named owner acts."},
        {
            "tone": "none",
            "term": "Not measured",
            "text": "No sound value; the reason stands beside it. It is never counted as zero.",
        },
    ]
    if dated:
        style = locale.here()
        entries.append({"tone": "", "term": "Two dates", "text":
                        f"Figures show the state at {style.day(cover.as_of)}, from data known by {style.day(cover.known_by.date())}."})  # fmt: skip
    rule = _TLP.get(cover.classification.upper().removeprefix("TLP:"))
    if rule:
        entries.append({"tone": "", "term": cover.classification, "text": rule})
    return entries


def _headings(document: Document) -> int:
    return sum(node["type"] == "heading" and node["attrs"]["level"] <= 2
               for placed in document.blocks if isinstance(placed.content, Prose) for node in placed.content.nodes)  # fmt: skip


def _title_size(title: str, setting: Setting) -> float:
    """Give the largest size at which the longest word fits and the title takes at most four lines."""
    largest = float(theme.tokens()["type"]["cover"])
    room = 396.0
    for size in (largest, largest * 0.85, largest * 0.7, largest * 0.55):
        whole = setting.ruler.width(title, size, strong=True)
        if (
            whole <= room * 3.2 * (largest / size) ** 0.5
            and setting.ruler.longest_word(title, size, strong=True) <= room
        ):
            return round(size, 1)
    return round(largest * 0.42, 1)


def _short(text: str, setting: Setting) -> str:
    if len(text) <= _TITLE_LENGTH:
        return text
    setting.warnings.append(
        f"cover: {text[:40]!r}… is longer than {_TITLE_LENGTH} characters and is cut on the cover"
    )
    return text[: _TITLE_LENGTH - 1].rstrip() + "…"


def _language(code: str) -> str:
    short = code.lower().split("-")[0]
    return short if re.fullmatch("[a-z]{2,3}", short) else "en"
