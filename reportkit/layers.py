"""Several large loads of one table as one, at the cost of what differs between them.

An export that is loaded every month says of most things what the one before said. Ranking all versions of everything costs as
much as if all had changed. Here the rows of one load, the base, stay where they lie; only things of which another load says
something else are taken out of it, ranked, and put in its place.

Rows are compared by a hash of 64 bits over all their columns: where 100,000 of ten million rows changed, the chance that one
of them is missed is one in twenty million. A thing of which all loads say the same keeps the row, and so the day of recording,
of the first that said it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportkit import ranking, sql
from reportkit.tables import RECLASSIFIED, TABLES, TableSpec

if TYPE_CHECKING:
    from reportkit.knowledge import Knowledge
    from reportkit.sql import Local
    from reportkit.store import Load, Store

#: Schema of what several knowledges share.
_SHARED = "layers"
#: Of the rows of the base, at most this share may be others for layers to cost less than ranking all.
_FEW = 0.25


@dataclass(frozen=True)
class Layer:
    """What findings as known are made of: the rows of one load, less some of them, plus others.

    Attributes:
        base: relation with the rows of the load.
        blank: columns in which that load has no value.
        less: relation with the rows of ``base`` that do not count; empty where all do.
        plus: relation with the rows that count in their place.
        changed: relation with the keys of both.
    """

    base: str
    blank: frozenset[str]
    less: str = ""
    plus: str = ""
    changed: str = ""


@dataclass(frozen=True)
class _Table:
    """What is to be made: a table, as some loads leave it, and the one of them that is the base."""

    name: str
    spec: TableSpec
    loads: tuple[Load, ...]
    first: Load
    store: Store
    knowledge: Knowledge

    def rows(self, load: Load) -> str:
        """Give the SELECT of a load's rows in the types of their table, each with its place and its load."""

        def placed(one: Load) -> str:
            return f"read_parquet({sql.quote(str(sql.extract(self.store, one)))}, file_row_number=true)"

        beside = f", file_row_number AS place_, {sql.quote(load.name)} AS load_"
        return ranking.known(self.spec, [load], placed, ranked=False, beside=beside)

    @property
    def columns(self) -> str:
        """The columns of the table, as a query lists them."""
        return ", ".join((*map(_quoted, self.spec.names), "source", "recorded_at", "extract_id"))

    def same(self, one: str, other: str) -> str:
        """Give the condition that rows of two relations are of one version of one thing."""
        # What is not dated has no day, which is a version too.
        signs = ("=" if name in self.spec.identity else "IS NOT DISTINCT FROM" for name in self.spec.key)  # fmt: skip
        return " AND ".join(f"{one}.{_quoted(name)} {sign} {other}.{_quoted(name)}" for name, sign in zip(self.spec.key, signs, strict=True))  # fmt: skip

    @property
    def bundles(self) -> list[tuple[bool, list[Load]]]:
        """The other loads in their order, parted so that the base is looked through once for many small ones.

        A bundle is full when it is half as large as the base; what comes later does not change it, so that it can be kept.
        With each stands whether it came before the base.
        """
        found: list[tuple[bool, list[Load]]] = []
        place = self.loads.index(self.first)
        for early, loads in ((True, self.loads[:place]), (False, self.loads[place + 1 :])):
            room = 0
            for load in loads:
                if room <= 0:
                    found.append((early, []))
                    room = self.first.rows
                found[-1][1].append(load)
                room -= 2 * load.rows
        return found


class Layers:
    """The large tables of a local engine.

    Args:
        engine: where they are made.
    """

    def __init__(self, engine: Local) -> None:
        self._engine = engine
        self._engine.add_schema(_SHARED)
        self._shared: dict[tuple[str, ...], str] = {}
        self._findings: dict[str, Layer] = {}

    def _make(self, name: str, select: str, *, copied: bool) -> None:
        # What is copied is kept for the next process, where files are kept at all.
        sql.keeping(self._engine).make(name, select, copied=copied)

    def of(self, known: str) -> Layer | None:
        """Give what the findings of a schema are made of; None where they were ranked as a whole."""
        return self._findings.get(known)

    def make(
        self,
        name: str,
        loads: Sequence[Load],
        store: Store,
        knowledge: Knowledge,
    ) -> bool:
        """Make a table as some loads leave it; say no, and make nothing, where ranking all of it is better.

        Args:
            name: of the table, with its schema.
            loads: in the order in which they were recorded.
            store: where their rows lie.
            knowledge: which rows of a load are held back.
        """
        schema, _, table = name.partition(".")
        spec, loads = TABLES[table], tuple(load for load in loads if load.filled)
        if spec.lapses or not sql.is_large(loads):
            return False
        most = max(load.rows for load in loads)
        fit = (load for load in loads if 2 * load.rows >= most and not knowledge.holds_back(load))
        first = next(fit, None)
        if first is None or not set(spec.identity) <= set(first.filled):
            return False
        of = _Table(name, spec, loads, first, store, knowledge)
        base, blank = self._base(of), frozenset(spec.names) - frozenset(first.filled)
        layer = Layer(base, blank)
        select = f"SELECT {of.columns} FROM {base}"
        if len(loads) > 1:
            layer = Layer(base, blank, f"{name}_less", f"{name}_plus", f"{name}_changed")
            pairs = [self._pair(of, part, early=early) for early, part in of.bundles]
            if not self._ranked(of, layer, pairs):
                return False
            select += f" WHERE place_ NOT IN (SELECT place_ FROM {layer.less}) UNION ALL SELECT {of.columns} FROM {layer.plus}"
        self._make(name, select, copied=False)
        if table == "findings":
            self._findings[schema] = layer
        return True

    def _base(self, of: _Table) -> str:
        """Give the relation with the rows of the base and their places."""
        key = (of.spec.name, of.first.name)
        if key not in self._shared:
            self._shared[key] = f"{_SHARED}.{of.spec.name}_{len(self._shared)}"
            self._make(self._shared[key], of.rows(of.first), copied=False)
        return self._shared[key]

    def _pair(self, of: _Table, loads: Sequence[Load], *, early: bool) -> str:
        """Give the relation with the rows of some loads that are not in the base, and those of the base that they speak of.

        Only the latter have a place. What was recorded before the base is taken whole, for it says when a thing was first known.
        """
        key = (of.spec.name, of.first.name, *(load.name for load in loads))
        if key not in self._shared:
            self._shared[key] = f"{_SHARED}.{of.spec.name}_{len(self._shared)}"
            filled = {*of.first.filled, *(name for load in loads for name in load.filled)}
            mark = f"hash({', '.join(_quoted(name) for name in of.spec.names if name in filled)})"
            base, others = of.rows(of.first), " UNION ALL ".join(map(of.rows, loads))
            new = "" if early else f" WHERE {mark} NOT IN (SELECT {mark} FROM ({base}) AS base)"
            select = (
                f"WITH news AS MATERIALIZED (SELECT * FROM ({others}) AS others{new}) "
                f"SELECT * REPLACE (CAST(NULL AS BIGINT) AS place_) FROM news UNION ALL "
                f"SELECT base.* FROM ({base}) AS base SEMI JOIN news ON {of.same('base', 'news')}"
            )
            self._make(self._shared[key], select, copied=True)
        return self._shared[key]

    def _ranked(self, of: _Table, layer: Layer, pairs: Sequence[str]) -> bool:
        """Make what is taken out of the base and what is put in its place; say no where that is too much."""
        keys = ", ".join(map(_quoted, of.spec.key))
        held = [load.name for load in of.loads if of.knowledge.holds_back(load)]
        counts = f"NOT (state IN {sql.among(RECLASSIFIED)} AND load_ IN {sql.among(held)})" if held else "TRUE"  # fmt: skip
        news = " UNION ALL ".join(
            f"SELECT * FROM {pair} WHERE place_ IS NULL AND {counts}" for pair in pairs
        )
        make = self._make
        make(layer.changed, f"SELECT DISTINCT {keys} FROM ({news}) AS news", copied=True)
        count = self._engine.frame(f"SELECT COUNT(*) AS n FROM {layer.changed}")["n"].iloc[0]
        if count > _FEW * of.first.rows:
            return False
        changed = f"SEMI JOIN {layer.changed} AS changed ON"
        olds = " UNION ".join(
            f"SELECT old.* FROM {pair} AS old {changed} {of.same('old', 'changed')} WHERE old.place_ IS NOT NULL"
            for pair in pairs
        )
        make(layer.less, olds, copied=True)

        def part(load: Load) -> str:
            if load is of.first:
                return layer.less
            if len(of.loads) == 2:  # the base and another
                return f"({news})"
            # What one load says again counts where another said something else in between.
            return f"(SELECT one.* FROM ({of.rows(load)}) AS one {changed} {of.same('one', 'changed')} WHERE {counts})"

        make(layer.plus, ranking.known(of.spec, of.loads, part), copied=True)
        return True


def _quoted(name: str) -> str:
    return f'"{name}"'
