"""Tags say what becomes of a cell; a mistyped one says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from reportkit.editions import ALONE, DROPPED, KEPT
from reportkit.errors import nearest
from reportkit.lint.sheet import Fault, Sheet
from reportkit.render.reading import HIDDEN_TAGS
from reportkit.run.parameters import TAG

#: What each tag does; some have other spellings too.
TAGS = {
    TAG: "declares the parameters of a run; shows nothing",
    "setup": "imports and opens; shows nothing",
    "cover": "holds the cover; for those who read the notebook",
    "email": "stands in the mail too",
    "annex": "stands in the annex",
    "hide": "shows nothing in the report; what it tells counts",
    "raises-exception": "may end in an error without failing the run",
    "skip-execution": "is not run",
    "for:board": "stands in the whole report and, of the editions, in 'board' only; any edition's name may stand there",
    "not:board": "stands everywhere but in the edition 'board'",
    "only:board": "stands in the edition 'board' alone",
    "hide-output": "its output is not shown",
    "remove-output": "its output is not shown",
    "remove-cell": "shows nothing",
}
#: Left by a run; told of by another rule.
_LEFT = {"injected-parameters", "papermill-error-cell-tag"}


def tags(sheet: Sheet) -> Iterator[Fault]:
    """Every tag is one that means something here, and names an edition that there is."""
    known = {*TAGS, *HIDDEN_TAGS, *sheet.surroundings.tags}
    for cell in sheet.cells:
        for tag in sorted(cell.tags - known - _LEFT):
            prefix = next((one for one in (KEPT, ALONE, DROPPED) if tag.startswith(one)), None)
            if prefix is None:
                yield cell.fault("tags", f"tag {tag!r} means nothing here; {nearest(tag, known)}".rstrip("."))  # fmt: skip
                continue
            name = tag.removeprefix(prefix)
            if name not in sheet.surroundings.editions:
                yield cell.fault("tags", f"tag {tag!r}: there is no edition {name!r}; {nearest(name, sheet.surroundings.editions)}".rstrip("."))  # fmt: skip
