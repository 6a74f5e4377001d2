"""Takes out of a document what an edition must not tell: in tables, text, charts with their data, and words for those who cannot see.

What is hidden in one place is hidden everywhere: a name in a hidden column or row is looked for in all the words of the edition.
A cell that is hidden says so. A chart or picture that cannot be searched is withheld, with a word in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, TypeVar

from reportkit.editions import Redaction
from reportkit.facts import Callout, Cell, Decisions, Facts, Figure, Model, Table
from reportkit.locale import plural
from reportkit.render import specs
from reportkit.render.hidden import MARK, Counts, any_of, telling
from reportkit.render.markdown import plain
from reportkit.render.model import Break, Chart, Content, Document, Node, Preformatted, Prose

M = TypeVar("M", bound=Model)

#: What stands in place of a sentence.
SENTENCE = "[sentence redacted]"
_SENTENCE = re.compile(r"(?<=[.;!?])\s+")
#: Fields of a decision, as its box names them.
_DECISION = {"owner": "owner", "by_when": "decide by", "reversibility": "can it be undone?", "last_time": "last time"}  # fmt: skip
_OPTION = {"cost": "cost", "risk_change": "change in risk", "user_impact": "effect on users"}


def redacted(document: Document, rules: Sequence[Redaction]) -> tuple[Document, Counts]:
    """Give a document without what some rules hide, and how much that was."""
    if not rules:
        return document, Counts()
    blind = _Blind(rules)
    blind.learn(document)
    blocks = tuple(replace(p, content=blind.content(p.content)) for p in document.blocks)
    cover = blind.model(document.cover, "title", "subtitle", "author", "unit", "period")
    return replace(
        document, cover=cover, blocks=blocks, facts=blind.facts(document.facts), left_out=()
    ), blind.counts


@dataclass
class _Blind:
    """Knows what is hidden, and hides it."""

    rules: Sequence[Redaction]
    counts: Counts = field(default_factory=Counts)
    _words: set[str] = field(default_factory=set)
    _names: set[str] = field(default_factory=set)
    _marks: dict[str, str] = field(default_factory=dict)

    # ---- what is hidden ----

    def column(self, label: str) -> bool:
        """Whether a column of this heading is hidden."""
        return any(_is(label, wanted) for rule in self.rules for wanted in rule.columns)

    def row(self, values: Mapping[str, Any]) -> bool:
        """Whether a row with these values by heading is hidden."""
        return any(
            _is(label, rule.rows) and _folded(value) in {_folded(v) for v in rule.values}
            for rule in self.rules
            if rule.rows
            for label, value in values.items()
        )

    def learn(self, document: Document) -> None:
        """Collect the words that stand in hidden columns and rows, wherever they are shown."""
        for placed in document.blocks:
            content = placed.content
            if isinstance(content, Table):
                labels = [column.label for column in content.columns]
                self._learn(labels, [[c.text for c in row] for row in content.rows])
                self._words |= {sub for row in content.rows for c, label in zip(row, labels, strict=True) if self.column(label) for sub in telling([c.sub])}  # fmt: skip
            elif isinstance(content, Prose):
                for labels, rows in map(_grid, _tables(content.nodes)):
                    self._learn(labels, rows)
            elif isinstance(content, Chart):
                for rows_ in specs.data(content.spec):
                    labels = list(dict.fromkeys(key for row in rows_ for key in row))
                    self._learn(labels, [[row.get(key) for key in labels] for row in rows_])
            elif isinstance(content, Decisions):
                for item in content.items:
                    self._words |= set(telling([getattr(item, name) for name, label in _DECISION.items() if self.column(label)]))  # fmt: skip
        if self.column("owner"):
            self._words |= set(telling(f.owner for f in document.facts.figures))

    def _learn(self, labels: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        hidden = [self.row(dict(zip(labels, row, strict=True))) for row in rows]
        for place, label in enumerate(labels):
            values = [row[place] for row in rows]
            if self.column(label):
                self._words |= set(telling(values))
            if any(hidden):
                # Words that other rows have too, such as a status or a unit, name nothing.
                shared = {_folded(value) for value, gone in zip(values, hidden, strict=True) if not gone}  # fmt: skip
                own = (value for value, gone in zip(values, hidden, strict=True) if gone)
                self._names |= {word for word in telling(own) if _folded(word) not in shared and not self._given(word)}  # fmt: skip

    def _given(self, word: str) -> bool:
        """Whether a word is the value by which rows are hidden, which names none of them."""
        return any(_folded(word) in {_folded(v) for v in rule.values} for rule in self.rules)

    @cached_property
    def _hides_words(self) -> re.Pattern[str] | None:
        return any_of(self._words | self._names)

    @cached_property
    def _hides_sentences(self) -> re.Pattern[str] | None:
        return any_of(self._names)

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(rule.pattern) for rule in self.rules if rule.pattern)

    # ---- words ----

    def text(self, words: str) -> str:
        """Give a text without what is hidden; a sentence that speaks of a hidden row goes whole."""
        names = self._hides_sentences
        if names is not None and names.search(words):
            parts = _SENTENCE.split(words)
            words = " ".join(SENTENCE if names.search(part) else part for part in parts) if len(parts) > 1 else SENTENCE  # fmt: skip
            self.counts.places += 1
        return self._plain(words)

    def _plain(self, words: str) -> str:
        for pattern in (*self._patterns, *filter(None, (self._hides_words,))):
            words, found = pattern.subn(MARK, words)
            self.counts.places += found
        return words

    def _clear(self, words: str) -> bool:
        return not any(p.search(words) for p in (*self._patterns, *filter(None, (self._hides_words,))))  # fmt: skip

    def model(self, item: M, *names: str) -> M:
        """Give a record with some of its texts cleared."""
        return item.model_copy(update={name: self.text(getattr(item, name)) for name in names})

    # ---- blocks ----

    def content(self, content: Content) -> Content:
        """Give a block without what is hidden."""
        writer = _WRITERS.get(type(content).__name__)
        if writer is None:
            # What nobody taught this module to read may say anything.
            return content if isinstance(content, Break) else self.image(content)
        return writer(self, content)

    def table(self, table: Table) -> Table:
        """Clear a table; what was hidden in it is marked in its cells."""
        labels = [column.label for column in table.columns]
        rows = []
        for row in table.rows:
            if self.row({label: c.text for label, c in zip(labels, row, strict=True)}):
                self.counts.rows += 1
                rows.append(tuple(Cell(text=MARK, kind="muted") for _ in row))
                continue
            cells = (self._hidden(c) if self.column(label) else self._cell(c) for c, label in zip(row, labels, strict=True))  # fmt: skip
            rows.append(tuple(cells))
        shown = self.model(table, "title", "note", "empty")
        columns = tuple(self.model(column, "label") for column in table.columns)
        return shown.model_copy(update={"rows": tuple(rows), "columns": columns})

    def _hidden(self, cell: Cell) -> Cell:
        if cell.text in {"", "–"} and not cell.sub and not cell.spark:
            return cell
        self.counts.cells += 1
        return Cell(text=MARK, kind="muted")

    def _cell(self, cell: Cell) -> Cell:
        if self._hides_sentences and self._hides_sentences.search(f"{cell.text}\n{cell.sub}"):
            self.counts.cells += 1
            return Cell(text=MARK, kind="muted")
        return cell.model_copy(update={"text": self._plain(cell.text), "sub": self._plain(cell.sub)})  # fmt: skip

    def decisions(self, block: Decisions) -> Decisions:
        """Clear the boxes of decisions; their fields are hidden by the words that stand over them."""
        items = []
        for item in block.items:
            shown = self.model(item, "title", "ask", *_DECISION)
            hide = {name: MARK for name, label in _DECISION.items() if self.column(label) and getattr(item, name)}  # fmt: skip
            options = tuple(
                self.model(option, "name", *_OPTION).model_copy(update={name: MARK for name, label in _OPTION.items() if self.column(label)})
                for option in item.options
            )  # fmt: skip
            self.counts.cells += len(hide)
            items.append(shown.model_copy(update={**hide, "options": options}))
        return block.model_copy(update={"items": tuple(items)})

    def chart(self, chart: Chart) -> Chart | Callout:
        """Clear a chart: its words, its labels and the rows behind it."""
        spec = specs.copied(chart.spec)
        found = Hidden()
        for rows in specs.data(spec):
            found.add(self, rows)
        if found.numbers or (found.rows and specs.computes(spec)):
            self.counts.withheld += 1
            return Callout(title="A chart is withheld from this edition", text="It shows what this edition does not tell. It stands in the whole report.", tone="none")  # fmt: skip
        touched = bool(found.rows)
        if touched:
            specs.without(spec, found.rows)
            self.counts.rows += len(found.rows)
        before = self.counts.places
        spec = self._labels(spec)
        if touched or self.counts.places > before:
            specs.drop_broken_labels(spec)
        note = chart.note
        if touched:
            note = f"{note} {plural(len(found.rows), 'row')} of this chart {'is' if len(found.rows) == 1 else 'are'} {MARK} here.".strip()  # fmt: skip
        return replace(
            chart, spec=spec, alt=self.text(chart.alt), title=self.text(chart.title),
            subtitle=self.text(chart.subtitle), note=self.text(note) if chart.note else note,
        )  # fmt: skip

    def _labels(self, node: Any) -> Any:
        """Clear every string of a specification; a hidden name has one mark, so that bars stay apart."""
        if isinstance(node, dict):
            return {key: self._labels(value) for key, value in node.items()}
        if isinstance(node, list):
            return [self._labels(value) for value in node]
        if not isinstance(node, str) or self._clear(node):
            return node
        whole = self._hides_words is not None and self._hides_words.fullmatch(node)
        if whole or any(pattern.fullmatch(node) for pattern in self._patterns):
            self.counts.places += 1
            return self._marks.setdefault(node, f"{MARK[:-1]} {len(self._marks) + 1}]")
        return self._plain(node)

    def prose(self, prose: Prose) -> Prose:
        """Clear text, also where a name is broken by bold letters or a link."""
        notes = tuple((key, tuple(self._nodes(nodes))) for key, nodes in prose.notes)
        return replace(prose, nodes=tuple(self._nodes(prose.nodes)), notes=notes)

    def _nodes(self, nodes: Iterable[Node]) -> list[Node]:
        return [self._node(node) for node in nodes]

    def _node(self, node: Node) -> Node:
        if node["type"] == "table":
            return self._prose_table(node)
        if node["type"] in {"paragraph", "heading", "block_text", "table_cell"} and not self._all_clear(node):  # fmt: skip
            return {**node, "children": [{"type": "text", "raw": self.text(plain(node["children"]))}]}  # fmt: skip
        made = dict(node)
        if "raw" in made and node["type"] != "footnote_ref":
            made["raw"] = self.text(made["raw"])
        if "children" in made:
            made["children"] = self._nodes(made["children"])
        return made

    def _all_clear(self, node: Node) -> bool:
        urls = (part["attrs"]["url"] for part in specs.walk(node) if part.get("type") == "link")
        return all(map(self._clear, (plain(node["children"]), *urls)))

    def _prose_table(self, node: Node) -> Node:
        labels, rows = _grid(node)
        gone = [self.row(dict(zip(labels, row, strict=False))) for row in rows]
        self.counts.rows += sum(gone)
        place = 0
        body = []
        for part in node["children"][1:]:
            lines = []
            for line in part["children"]:
                cells = []
                for label, cell in zip(labels, line["children"], strict=False):
                    hide = gone[place] or self.column(label)
                    self.counts.cells += hide and not gone[place]
                    cells.append({**cell, "children": [{"type": "text", "raw": MARK}]} if hide else self._node(cell))  # fmt: skip
                lines.append({**line, "children": cells})
                place += 1
            body.append({**part, "children": lines})
        return {**node, "children": [self._node(node["children"][0]), *body]}

    def image(self, _: Content) -> Callout:
        """Withhold a picture: nobody can say what is in it."""
        self.counts.withheld += 1
        return Callout(title="A picture is withheld from this edition", text="Its words cannot be searched for what this edition does not tell.", tone="none")  # fmt: skip

    def facts(self, facts: Facts) -> Facts:
        """Keep the figures, which formats list with their definitions, without what is hidden of them."""
        return Facts(figures=tuple(map(self._figure, facts.figures)))

    def _figure(self, figure: Figure) -> Figure:
        told = [
            name for name in ("name", "scope", "owner", "definition") if name in Figure.model_fields
        ]
        shown = self.model(figure, *told)
        parts = tuple((self._plain(name), value, unit) for name, value, unit in figure.parts)
        return shown.model_copy(
            update={
                "reason": figure.reason and self._plain(figure.reason),
                "parts": parts,
                "inputs": (),
                **({"owner": MARK} if figure.owner and self.column("owner") else {}),
            }
        )


@dataclass
class Hidden:
    """What of a chart's data is hidden: whole rows, and whether a hidden column holds numbers."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    numbers: bool = False

    def add(self, blind: _Blind, rows: Sequence[dict[str, Any]]) -> None:
        """Look at one set of data."""
        names = blind._hides_sentences  # noqa: SLF001 - one class in two parts
        for row in rows:
            named = names is not None and any(isinstance(v, str) and names.search(v) for v in row.values())  # fmt: skip
            if named or blind.row(row):
                self.rows.append(row)
                continue
            hidden = [value for key, value in row.items() if blind.column(key)]
            self.numbers |= any(isinstance(v, int | float) and not isinstance(v, bool) for v in hidden)  # fmt: skip


_WRITERS: dict[str, Callable[[_Blind, Any], Content]] = {
    "Table": _Blind.table,
    "Decisions": _Blind.decisions,
    "Chart": _Blind.chart,
    "Prose": _Blind.prose,
    "Image": _Blind.image,
    "Preformatted": lambda blind, b: Preformatted(text=blind.text(b.text)),
    "Callout": lambda blind, b: blind.model(b, "title", "text"),
    "Headline": lambda blind, b: blind.model(b, "statement").model_copy(update={"messages": tuple(blind.model(m, "title", "text") for m in b.messages)}),
    "Tiles": lambda blind, b: b.model_copy(update={"items": tuple(blind.model(t, "label", "value", "delta", "note") for t in b.items)}),
}  # fmt: skip


def _folded(value: Any) -> str:
    return str(value).strip().casefold().replace("_", " ")


def _is(label: str, wanted: str) -> bool:
    return fnmatchcase(_folded(label), _folded(wanted))


def _tables(nodes: Iterable[Node]) -> Iterator[Node]:
    yield from (part for node in nodes for part in specs.walk(node) if part.get("type") == "table")


def _grid(node: Node) -> tuple[list[str], list[list[str]]]:
    labels = [plain(cell["children"]) for cell in node["children"][0]["children"]]
    rows = [
        [plain(cell["children"]) for cell in line["children"]]
        for part in node["children"][1:]
        for line in part["children"]
    ]
    return labels, rows
