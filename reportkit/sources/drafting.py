"""Writes a mapping for one sheet and one table: what is sure as lines, what is not as comments and empty answers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reportkit.sources import amounts, headings, vocabulary
from reportkit.sources.headings import Fit
from reportkit.sources.sampled import FEW, Sheet, days
from reportkit.tables import Column

#: Words of one column that are written out; one with more is no vocabulary.
_WORDS = 100
_LINE = 140
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
#: The qualitative grades of CVSS 3 and 4, worst first.
_GRADES = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "info"))
_SEPARATORS = ("\n", ";", ",")


@dataclass
class Draft:
    """The parts of a mapping as they are written."""

    sheet: Sheet
    fit: Fit
    columns: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    offered: set[str] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)

    def write(self, *, several: bool) -> list[str]:
        """Give the lines of the mapping, without what is said at its top."""
        spec = self.fit.spec
        missing = [column for column in spec.columns if column.name not in self.fit.columns]
        looks = self._looks(missing)
        for column in spec.columns:
            heading = self.fit.columns.get(column.name)
            if heading is not None:
                self.columns += self._line(column, heading)
            elif column.required and not (spec.name == "findings" and column.name == "finding_id"):
                self.columns += self._asked(column, looks.get(column.name))
            elif column.name in looks:
                self._offer(column, looks[column.name])
        self._same()
        self._measured()
        lines = ["", "[source]", f'table = "{spec.name}"', 'tool = ""  # name of the system']
        if len(self.fit.columns) < 2 and self.sheet.headings:
            # One heading alone is not enough to find the header row again.
            lines.append(f"match = {array(self.sheet.headings)}")
        lines += self._read(several=several)
        lines += ["", "[columns]", *self.columns]
        if self.unsure:
            lines += ["# These look like it; take away the # where they are.", *self.unsure]
        return lines + self._rest()

    def _read(self, *, several: bool) -> list[str]:
        said = [f"sheet = {text(self.sheet.name)}"] if several else []
        used = [*self.fit.columns.values(), *self.offered]
        blanks = {
            word.casefold(): word
            for heading in used
            for word in self.sheet.words(heading)
            if word.casefold() in vocabulary.BLANK and not self._answered(word)
        }
        if blanks:
            said.append(f"blanks = {array(list(blanks.values()))}")
        return ["", "[read]", *said] if said else []

    def _answered(self, word: str) -> bool:
        """Say whether a word such as n/a is a value of one of the columns, and so cannot be blank in the whole file."""
        spec = self.fit.spec
        return any(
            "na" in spec.column(name).allowed
            and word.casefold() in map(str.casefold, self.sheet.words(heading))
            and vocabulary.answers(spec.name, spec.column(name), [word])[word]
            for name, heading in self.fit.columns.items()
        )

    def _looks(self, missing: Sequence[Column]) -> dict[str, str]:
        """Give a heading that looks like each of the columns that have none; each heading once."""
        spec, sheet = self.fit.spec, self.sheet
        free = [name for name in sheet.headings if name not in self.fit.columns.values()]
        found: dict[str, str] = {}
        for column in missing:
            heading = headings.likely(
                spec,
                column.name,
                [name for name in free if name not in found.values()],
                lambda one, name: sheet.accepts(spec.name, one, name) and sheet.knows(spec.name, one, name),
            )  # fmt: skip
            if heading is not None:
                found[column.name] = heading
        return found

    def _offer(self, column: Column, heading: str) -> None:
        self.offered.add(heading)
        self.unsure += [f"# {line.removeprefix('# ')}" for line in self._line(column, heading)]

    def _asked(self, column: Column, looks: str | None) -> list[str]:
        """Ask for a required column: which of the file's it is, or one value for all rows."""
        note = f"# {column.name} is required: "
        cvss = self.fit.columns.get("cvss")
        if self.fit.spec.name == "findings" and column.name == "severity" and cvss:
            bands = ", ".join(f'[{bound}, "{grade}"]' for bound, grade in _GRADES)
            said = f"no column says it, so it is graded by {shown(cvss)}, which is cvss as well"
            return [note + said, f"severity = {{ from = {text(cvss)}, bands = [{bands}] }}"]
        if column.name == self.fit.spec.identity[0] and column.name != "unit_id":
            maybe = f"; {shown(looks)} looks like it" if looks else ""
            return [f"{note}write here which column it is{maybe}", f'{column.name} = ""']
        what = f"one of {', '.join(column.allowed)}" if column.allowed else column.doc
        what = what or ("a day such as 2026-09-30" if column.type == "date" else "a text")
        said = f"write here which column it is as from = ..., or the value of all rows: {what}"
        lines = [note + said, f'{column.name} = {{ value = "" }}']
        if looks:
            self.offered.add(looks)
            lines.append(f"# {shown(looks)} looks like it; this would stand in its place:")
            lines += [f"# {line.removeprefix('# ')}" for line in self._line(column, looks)]
        return lines

    def _same(self) -> None:
        """Let a column take the heading of another where the file has one for both, and say so."""
        for name, other in headings.same(self.fit.spec.name).items():
            heading = self.fit.columns.get(other)
            if heading is not None and name not in self.fit.columns:
                line = self._line(self.fit.spec.column(name), heading)
                said = f"# {name}: {shown(heading)} again, since the file has one column for {other} and {name}"
                self.columns += [said, *(part for part in line if not part.startswith("#"))]

    def _measured(self) -> None:
        """Say what amounts are in, where no column does."""
        names, columns = self.fit.spec.names, self.fit.columns
        money = {c.name for c in self.fit.spec.columns if c.type == "money"} & set(columns)
        figures = [name for name in ("inherent", "residual", "target") if name in columns]
        if "currency" in names and "currency" not in columns and (money or self.currencies):
            only = self.currencies if len(self.currencies) == 1 else set()
            if only and only != {"$"}:
                self.columns.append(f"currency = {{ value = {text(next(iter(only)))} }}")
            else:
                self.columns += ["# currency: no column says it; write its code, such as EUR", 'currency = { value = "" }']  # fmt: skip
        if "measured_in" in names and "measured_in" not in columns and figures:
            words = [word for name in figures for word in self.sheet.said(columns[name])]
            low = words and all(word.isdigit() and int(word) <= 25 for word in words)
            kind = "money" if self.currencies else "score" if low else ""
            shortly = ", ".join(figures)
            self.columns += [
                f"# measured_in: what {shortly} {'are' if len(figures) > 1 else 'is'} in, money or score",
                f'measured_in = {{ value = "{kind}" }}',
            ]

    def _line(self, column: Column, heading: str) -> list[str]:
        """Give the line of a column, and above it what a person should know."""
        words = self.sheet.said(heading)
        notes: list[str] = []
        options: dict[str, Any] = {}
        if column.type in ("date", "instant"):
            self._dated(words, options, notes)
        elif column.name == "period" or vocabulary.closed(column):
            self._worded(column, heading, options, notes)
        elif column.type in ("number", "money", "integer"):
            self._counted(column, heading, words, options, notes)
        elif column.type == "list":
            parts = next((s for s in _SEPARATORS if any(s in word for word in words)), None)
            if parts and not any("|" in word for word in words):
                options["split"] = parts
        elif column.name == self.fit.spec.identity[0] and self._repeats(heading):
            notes.append("some values stand in several rows, which are then one thing or rejected")
        if column.type not in ("enum", "text") and any(map(self._answered, self.sheet.words(heading))):  # fmt: skip
            gone = [word for word in self.sheet.words(heading) if word.casefold() in vocabulary.BLANK]  # fmt: skip
            options["map"] = dict.fromkeys(gone, "") | options.get("map", {})
            notes.append(
                f"{shown(', '.join(gone))} means no value here, and its answer stays empty"
            )
        return [*(f"# {column.name}: {shown(note, 400)}" for note in notes), *_rule(column.name, heading, options)]  # fmt: skip

    def _repeats(self, heading: str) -> bool:
        spec = self.fit.spec
        if len(spec.key) > 1 and (len(spec.identity) > 1 or spec.effective in self.fit.columns):
            return False
        cells = [cell.strip() for cell in self.sheet.grid.columns[heading] if cell.strip()]
        return len(set(cells)) < len(cells)

    @staticmethod
    def _dated(words: Sequence[str], options: dict[str, Any], notes: list[str]) -> None:
        found = days(words)
        if found.undecided:
            notes.append(found.undecided)
            # It cannot be loaded before somebody has answered.
            options["order"] = "dmy or mdy?"
        elif found.written:
            options["dates"] = list(found.written)
        elif found.odd is not None:
            notes.append(f'{found.odd!r} is not understood; say how days are written, as dates = ["%d %b %Y"]')  # fmt: skip

    def _worded(
        self, column: Column, heading: str, options: dict[str, Any], notes: list[str]
    ) -> None:
        spec = self.fit.spec.name
        words = [
            word
            for word in self.sheet.words(heading)
            if word.casefold() not in vocabulary.BLANK or self._answered(word)
        ]
        if column.type != "enum" and vocabulary.native(column, words):
            return
        given = vocabulary.answers(spec, column, words[:_WORDS])
        if column.type == "integer":
            notes.append(f"{column.low:g} to {column.high:g}" + (f", {column.doc}" if column.doc else ""))  # fmt: skip
        if not all(given.values()):
            allowed = {"boolean": "true, false", "integer": "these numbers"}.get(column.type, ", ".join(column.allowed) or "2026-Q3 and the like")  # fmt: skip
            blank = "" if column.required else "; what stays empty has no value"
            notes.append(f"fill in what is empty with one of {allowed}{blank}")
        if len(words) > _WORDS:
            notes.append(f"{len(words) - _WORDS:,} more words stand in the file")
        if column.type == "boolean" and len(set(given.values())) == 1 and "" in self._cells(heading):  # fmt: skip
            other = "false" if "true" in given.values() else "true"
            notes.append(f'where a blank cell means {other}, write default = "{other}" as well')
        options["map"] = given

    def _cells(self, heading: str) -> set[str]:
        return {cell.strip() for cell in self.sheet.grid.columns[heading]}

    def _counted(
        self,
        column: Column,
        heading: str,
        words: Sequence[str],
        options: dict[str, Any],
        notes: list[str],
    ) -> None:
        if column.type != "integer" and amounts.scale(column, words):
            what = column.unit or ("an amount" if column.type == "money" else "a number")
            notes.append(f"these are steps of a scale; write what each is as {what}, or leave it without a value")  # fmt: skip
            options["map"] = dict.fromkeys(words, "")
            return
        found = amounts.read(column, heading, words, machine=self.sheet.machine)
        options |= found.options
        notes += found.notes
        if found.currency:
            self.currencies.add(found.currency)

    def _rest(self) -> list[str]:
        used = {*self.fit.columns.values(), *self.offered}
        unused = [name for name in self.sheet.headings if name not in used]
        if not unused:
            return []
        lines = ["", "# Columns of the file that go nowhere yet, and the words in those that have few:"]  # fmt: skip
        for name in unused:
            words = self.sheet.words(name)
            few = 0 < len(words) <= FEW and max(map(len, words)) < 40
            lines.append(f"#   {shown(name, 200)}{': ' + shown(', '.join(words), 600) if few else ''}")  # fmt: skip
        return lines


def _rule(name: str, heading: str, options: dict[str, Any]) -> list[str]:
    """Write a rule: short as a text, long with one line for each word."""
    parts = [f"from = {text(heading)}", *(f"{key} = {value(one)}" for key, one in options.items())]
    whole = text(heading) if len(parts) == 1 else f"{{ {', '.join(parts)} }}"
    line = f"{name} = {whole}"
    if len(line) <= _LINE or not options.get("map"):
        return [line]
    words = options["map"]
    lines = [f"{name}.from = {text(heading)}"]
    lines += [f"{name}.{key} = {value(one)}" for key, one in options.items() if key != "map"]
    return lines + [f"{name}.map.{text(word)} = {text(answer)}" for word, answer in words.items()]


def value(one: Any) -> str:
    """Write a value as TOML."""
    if isinstance(one, dict):
        inner = ", ".join(f"{text(word)} = {text(answer)}" for word, answer in one.items())
        return f"{{ {inner} }}"
    if isinstance(one, list):
        return array(one)
    return text(one) if isinstance(one, str) else str(one)


def array(values: Sequence[str]) -> str:
    """Write a list of texts as TOML."""
    return f"[{', '.join(map(text, values))}]"


def text(one: str) -> str:
    """Write a text as TOML; JSON's escapes are TOML's, which knows no half characters and no bare DEL."""
    whole = one.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def shown(one: str, most: int = 60) -> str:
    """Give a text as a comment can hold it: on one line, not too long."""
    line = " ".join(_UNPRINTABLE.sub(" ", one).split())
    return line if len(line) <= most else line[: most - 3] + "..."
