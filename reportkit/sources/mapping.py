"""A mapping: which column of somebody's export is which column of a canonical table, written in TOML."""

from __future__ import annotations

import codecs
import hashlib
import re
import tomllib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from reportkit import mistakes, resources
from reportkit.errors import ConfigError, DataError, nearest
from reportkit.tables import TABLES

Order = Literal["fit", "dmy", "mdy", "ymd"]


#: Codecs of names, and of Python's own literals: no file is written in them, and some take the square of a text's length.
_OF_NAMES = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Case(_Part):
    """One condition on the file's columns, and the value when all of it holds."""

    when: dict[str, str | tuple[str, ...]] = Field(alias="if")
    then: str


class Rule(_Part):
    """How one canonical column is made: of the first case that holds, else of the first column that is not blank."""

    source: tuple[str, ...] = Field(
        (), alias="from", description="columns of the file; the first that is not blank is taken"
    )
    join: str | None = Field(
        None, description="join all columns of 'from' with this, in place of the first"
    )
    prefix: str = Field("", description="put before every value that is not blank")
    value: str | None = Field(None, description="the same value in every row")
    map: dict[str, str] = Field({}, description="value by the file's own word, whatever its case")
    bands: tuple[tuple[float, str], ...] = Field(
        (),
        description="value by the highest bound that a number reaches, such as [9.0, 'critical']",
    )
    cases: tuple[Case, ...] = Field(
        (), description="each with 'if' (words by column of the file) and 'then' (the value)"
    )
    default: str | None = Field(None, description="value where all else is blank")
    dates: tuple[str, ...] = Field(
        (), description="ways in which days are written, as strptime has them"
    )
    order: Order = Field("fit", description="order of day, month and year in 03/04/2026")
    split: str | None = Field(
        None, min_length=1, description="what stands between the parts of a list"
    )
    strip: tuple[str, ...] = Field(
        (), description="signs taken out of every value, such as € and % beside a number"
    )
    decimal: Literal[".", ","] = Field(".", description="the decimal mark of the numbers")
    times: Decimal | None = Field(
        None, description="every number is multiplied by this, such as 0.01 for per cent"
    )

    @field_validator("dates")
    @classmethod
    def _written(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for way in value:
            try:
                datetime.strptime("", way)  # noqa: DTZ007 - only the pattern is tried
            except re.error:
                raise ValueError(f"{way!r} names a part of a day twice") from None
            except ValueError as error:
                if "does not match" not in str(error):
                    raise ValueError(f"{way!r} is no way to write a day, such as '%d.%m.%Y'") from None  # fmt: skip
        return value

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """Let ``title = "Name"`` stand for ``title = {from = ["Name"]}``."""
        if isinstance(value, str | list):
            return {"from": [value] if isinstance(value, str) else value}
        if isinstance(value, dict) and isinstance(value.get("from"), str):
            return {**value, "from": [value["from"]]}
        return value


class Source(_Part):
    """What the file is."""

    table: str = Field(description="the table it goes into")
    tool: str = Field("", description="name of the system it comes from")
    match: tuple[str, ...] = Field(
        (), description="headers by which a file is recognised without being told"
    )
    issue: tuple[str, ...] = Field((), description="columns by which the tool itself counts")
    complete: bool = Field(
        False, description="the file lists everything that is open, so what it leaves out is closed"
    )


class Read(_Part):
    """How the file is read."""

    delimiter: str | None = Field(
        None, min_length=1, max_length=1, description="what stands between two cells of a text file"
    )
    encoding: str | None = Field(
        None,
        description="how the bytes of a text file are read, such as 'big5', where it is neither UTF-8 nor cp1252",
    )
    sheet: str | None = Field(None, description="the sheet of a workbook")
    blanks: tuple[str, ...] = Field((), description="words that mean no value, whatever their case")
    partial: bool = Field(False, description="columns may be missing from the file")

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            # Some codecs are of no text, and some of no file's; decoding with them is refused.
            b"a".decode(value, "replace")
            name = codecs.lookup(value).name
        except (LookupError, UnicodeError):
            name = ""
        if not name or name in _OF_NAMES:
            raise ValueError(f"{value!r} is no encoding known here, such as 'cp1250' or 'big5'")
        return name


class Mapping(_Part):
    """A whole mapping file."""

    source: Source
    read: Read = Read()
    where: dict[str, tuple[str, ...]] = Field({}, description="only rows with one of these words")
    unless: dict[str, tuple[str, ...]] = Field({}, description="no rows with one of these words")
    columns: dict[str, Rule]
    name: str = ""
    sha256: str = ""

    @property
    def headers(self) -> tuple[str, ...]:
        """All headers of the file that the mapping names."""
        named = [*self.source.match, *self.source.issue, *self.where, *self.unless]
        for rule in self.columns.values():
            named += rule.source
            named += [name for case in rule.cases for name in case.when]
        return tuple(dict.fromkeys(named))


def read(path: Path) -> Mapping:
    """Read a mapping.

    Args:
        path: a TOML file, or the bare name of a mapping that ships.

    Raises:
        ConfigError: it is not TOML, or has an unknown key, table or column.
        DataError: there is no such file.
    """
    ready = shipped()
    if not path.exists() and path.name == str(path) and path.stem in ready:
        return ready[path.stem]
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = nearest(path.stem, ready)
        raise DataError(f"Mapping {path} cannot be read ({reason}); {hint}") from None
    return _parse(path, content)


def _parse(path: Path, content: bytes) -> Mapping:
    text = ""
    try:
        text = content.decode("utf-8")
        found = Mapping.model_validate(tomllib.loads(text))
    except ValidationError as error:
        faults = [mistakes.sentence(one, text, _known(one["loc"])) for one in error.errors()]
        raise ConfigError.of_file(f"Mapping {path}", faults) from None
    except (ValueError, RecursionError) as error:
        # No TOML, no UTF-8, or a number of thousands of digits.
        raise ConfigError(f"Mapping {path} is not valid TOML: {error}.", [f"not valid TOML: {error}"]) from None  # fmt: skip
    if found.source.table not in TABLES:
        fault = f"{mistakes.at(text, ('source', 'table'))}table {found.source.table!r} is not known; {nearest(found.source.table, TABLES)}"
        raise ConfigError.of_file(f"Mapping {path}", [fault])
    spec = TABLES[found.source.table]
    wrong = [
        f"{mistakes.at(text, ('columns', name))}{spec.name} has no column {name!r}; {nearest(name, spec.names)}"
        for name in found.columns
        if name not in spec.names
    ]
    if not found.columns:
        wrong = [
            f"{mistakes.at(text, ('columns',))}no column is said; write which column of the file is which, such as title = 'Title'"
        ]
    if wrong:
        raise ConfigError.of_file(f"Mapping {path}", wrong)
    return found.model_copy(
        update={"name": path.stem, "sha256": hashlib.sha256(content).hexdigest()}
    )


def _known(loc: Sequence[Any]) -> list[str]:
    parts: dict[str, type[_Part]] = {"source": Source, "read": Read, "columns": Rule}
    part = parts.get(str(loc[0]), Mapping) if len(loc) > 1 else Mapping
    part = Case if "cases" in loc[:-1] else part
    return [field.alias or name for name, field in part.model_fields.items()]


@lru_cache(maxsize=1)
def shipped() -> dict[str, Mapping]:
    """Give the mappings that came with the package, by name."""
    folder = resources.templates() / "mappings"
    return {path.stem: _parse(path, path.read_bytes()) for path in sorted(folder.glob("*.toml"))}


def fitting(headers: Sequence[str], table: str | None) -> Mapping | None:
    """Give the mapping that ships for a file with these headers; of several the one that asks for most."""
    present = {header.strip().casefold() for header in headers}
    fits = [
        one
        for one in shipped().values()
        if one.source.match
        and table in (None, one.source.table)
        and {name.casefold() for name in one.source.match} <= present
    ]
    return max(fits, key=lambda one: len(one.source.match), default=None)
