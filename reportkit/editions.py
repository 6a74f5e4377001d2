"""What ``reportkit.toml`` can say about editions: who an edition is for, which sections it keeps, and what it must not tell.

An edition is a cut of one run for one kind of reader. It never changes a number. A publication that was put right is a *revision*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

#: Editions that every workspace knows, and whom the cover names.
AUDIENCES = {
    "board": "Board of Directors",
    "executive": "Executive Committee",
    "committee": "Risk and Audit Committee",
    "security": "Security leadership",
    "auditor": "Auditors",
}
Summary = Literal["board", "executive", "committee", "security", "auditor"]
#: Where the editions of a run lie in its folder.
FOLDER = "editions"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
#: Tags of cells: in these editions only and in the whole report too; in these alone; in all but these.
KEPT, ALONE, DROPPED = "for:", "only:", "not:"


def _pattern(text: str) -> str:
    if text:
        try:
            found = re.compile(text)
        except re.error as error:
            raise ValueError(f"{text!r} is not a regular expression ({error})") from None
        if found.search(""):
            raise ValueError(f"{text!r} also matches nothing at all; write what it must find")
    return text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Redaction(_Part):
    """What an edition does not tell: columns, or rows by the value of a column, or whatever fits a pattern.

    Attributes:
        columns: headings of tables and fields of charts, ``*`` for any letters: ``Owner``, ``host*``.
        rows: the column by which rows are hidden.
        values: rows with one of these in that column are hidden.
        pattern: a regular expression for words in text, such as names of hosts.
    """

    columns: tuple[str, ...] = ()
    rows: str = ""
    values: tuple[str, ...] = ()
    pattern: Annotated[str, AfterValidator(_pattern)] = ""

    @model_validator(mode="after")
    def _says_something(self) -> Redaction:
        if bool(self.rows) != bool(self.values):
            raise ValueError("'rows' names a column and 'values' what stands in it; give both")
        if not (self.columns or self.rows or self.pattern):
            raise ValueError("a redaction needs 'columns', 'rows' with 'values', or 'pattern'")
        return self


class Edition(_Part):
    """One cut of a report.

    Attributes:
        reports: of which reports it is made; of all when empty.
        audience: what the cover names.
        summary: which summary it opens with; that of its own name where there is one.
        keep: tags; sections without any of them are left out.
        drop: tags; sections and cells with one of them are left out.
        classification: of this edition; that of the report when empty.
        redact: what it must not tell.
    """

    reports: tuple[str, ...] = ()
    audience: str = ""
    summary: Summary | None = None
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    classification: Annotated[str, Field(max_length=40)] = ""
    redact: tuple[Redaction, ...] = ()

    def of(self, report: str) -> bool:
        """Whether it is made of a report."""
        return not self.reports or report in self.reports


def names_fit(names: Iterable[str]) -> None:
    """Refuse names that cannot be those of a folder.

    Raises:
        ValueError: the first such name.
    """
    bad = next((name for name in names if not _NAME.fullmatch(name)), None)
    if bad is not None:
        raise ValueError(f"{bad!r} cannot name an edition; use small letters, digits, '-' and '_'")
