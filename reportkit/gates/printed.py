"""Gates on what the writers had to do: cut, replace, leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reportkit.gates.evidence import Evidence, Gate

#: How the writers say that a part of the content is not there; each sentence is tried against the writer it comes from.
_CUT = re.compile(
    r"rows are not printed|lines of printed text are left out|is cut on the cover|is not in the mail|is left out:|is not drawn",
    re.IGNORECASE,
)
_GLYPH = re.compile(r"^no glyph for ", re.IGNORECASE)


def overflow(evidence: Evidence) -> Gate:
    """No table, chart, picture or text was cut."""
    found = [said for said in _warnings(evidence) if _CUT.search(said.partition(": ")[2])]
    if found:
        return Gate("overflow", "fail", "; ".join(found))
    if not evidence.warnings:
        return Gate("overflow", "not-applicable", "nothing was written")
    return Gate("overflow", "pass", "no table, chart or text was cut")


def glyphs(evidence: Evidence) -> Gate:
    """Every character could be drawn with the fonts of the PDF; the page and the mail use the reader's own for the rest."""
    found = [said for said in _warnings(evidence) if _GLYPH.search(said.partition(": ")[2])]
    if found:
        return Gate("glyphs", "fail", "; ".join(found), holds=False)
    if evidence.conformance is None:
        return Gate("glyphs", "not-applicable", "no PDF was written", holds=False)
    return Gate("glyphs", "pass", "every character was drawn", holds=False)


def whole(evidence: Evidence) -> Gate:
    """The writers had nothing else to remark, and nothing of the notebook was left out."""
    said = [one for one in _warnings(evidence) if not _CUT.search(one) and not _GLYPH.search(one.partition(": ")[2])]  # fmt: skip
    said += [f"notebook: {what}" for what in evidence.document.left_out]
    if said:
        return Gate("whole", "fail", "; ".join(said), holds=False)
    return Gate("whole", "pass", "nothing was replaced or left out", holds=False)


def _warnings(evidence: Evidence) -> Iterator[str]:
    for name, warnings in evidence.warnings.items():
        for warning in warnings:
            yield f"{name}: {warning}"
