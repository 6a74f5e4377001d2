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
from reportkit.tables import RECLASSIFIED, TableSpec

if TYPE_CHECKING:
    from reportkit.knowledge import Knowledge
    from reportkit.sql import Engine, Local
    from reportkit.store import Load, Store

#: Schema of what several knowledges share.
_SHARED = "layers"
#: Of the rows of the base, at most this share may be others for layers to cost less than ranking all.
_FEW = 0.5


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

    def of(self, known: str) -> Layer | None:
        """Give what the findings of a schema are made of; None where they were ranked as a whole."""
        return self._findings.get(known)

    def make(
        self,
        keeping: Engine,
        name: str,
        spec: TableSpec,
        loads: Sequence[Load],
        store: Store,
        knowledge: Knowledge,
    ) -> bool:
        """Make a table as some loads leave it; say no, and make nothing, where ranking all of it is better.

        Args:
            keeping: makes copied relations that the next process finds again.
            name: of the table, with its schema.
            spec: what it is.
            loads: in the order in which they were recorded.
            store: where their rows lie.
            knowledge: which rows of a load are held back.
        """
        loads = [load for load in loads if load.filled]
        if spec.lapses or not sql.is_large(loads):
            return False
        most = max(load.rows for load in loads)
        fit = (load for load in loads if 2 * load.rows >= most and not knowledge.holds_back(load))
        first = next(fit, None)
        if first is None or not set(spec.identity) <= set(first.filled):
            return False
        base = self._base(spec, first, store)
        blank = frozenset(spec.names) - frozenset(first.filled)
        layer = Layer(base, blank)
        if len(loads) == 1:
            self._engine.make(name, f"SELECT {_columns(spec)} FROM {base}", copied=False)
        else:
            before = loads[: loads.index(first)]
            pairs = {
                load.name: self._pair(keeping, spec, (first, load), store, whole=load in before)
                for load in loads
                if load is not first
            }
            layer = Layer(base, blank, f"{name}_less", f"{name}_plus", f"{name}_changed")
            if not self._ranked(layer, spec, loads, first, pairs, store, knowledge):
                return False
            kept = f"SELECT {_columns(spec)} FROM {base} WHERE place_ NOT IN (SELECT place_ FROM {layer.less})"
            self._engine.make(name, f"{kept} UNION ALL SELECT {_columns(spec)} FROM {layer.plus}", copied=False)  # fmt: skip
        if spec.name == "findings":
            self._findings[name.partition(".")[0]] = layer
        return True

    def _base(self, spec: TableSpec, load: Load, store: Store) -> str:
        """Give the relation with the rows of a load and their places."""
        key = (spec.name, load.name)
        if key not in self._shared:
            self._shared[key] = f"{_SHARED}.{spec.name}_{len(self._shared)}"
            self._engine.make(self._shared[key], _rows(spec, load, store), copied=False)
        return self._shared[key]

    def _pair(
        self,
        keeping: Engine,
        spec: TableSpec,
        loads: tuple[Load, Load],
        store: Store,
        *,
        whole: bool,
    ) -> str:
        """Give the relation with the rows of a load that are not in the base, and those of the base that they speak of.

        Only the latter have a place. What was recorded before the base is taken whole, for it says when a thing was first known.
        """
        first, load = loads
        key = (spec.name, first.name, load.name)
        if key not in self._shared:
            self._shared[key] = f"{_SHARED}.{spec.name}_{len(self._shared)}"
            filled = {*first.filled, *load.filled}
            mark = f"hash({', '.join(_quoted(name) for name in spec.names if name in filled)})"
            base, later = (_rows(spec, one, store) for one in (first, load))
            other = "" if whole else f" WHERE {mark} NOT IN (SELECT {mark} FROM ({base}) AS base)"
            select = (
                f"WITH news AS MATERIALIZED (SELECT * FROM ({later}) AS later{other}) "
                f"SELECT * REPLACE (CAST(NULL AS BIGINT) AS place_) FROM news UNION ALL "
                f"SELECT base.* FROM ({base}) AS base SEMI JOIN news ON {_same(spec, 'base', 'news')}"
            )
            keeping.make(self._shared[key], select, copied=True)
        return self._shared[key]

    def _ranked(
        self,
        layer: Layer,
        spec: TableSpec,
        loads: Sequence[Load],
        first: Load,
        pairs: dict[str, str],
        store: Store,
        knowledge: Knowledge,
    ) -> bool:
        """Make what is taken out of the base and what is put in its place; say no where that is too much."""
        keys = ", ".join(_quoted(name) for name in spec.key)
        state = f" AND state NOT IN {sql.among(RECLASSIFIED)}"
        held = {load.name: state if knowledge.holds_back(load) else "" for load in loads}
        news = {
            name: f"SELECT * FROM {pair} WHERE place_ IS NULL{held[name]}"
            for name, pair in pairs.items()
        }
        union = " UNION ".join(f"SELECT {keys} FROM ({select}) AS news" for select in news.values())
        make = self._engine.make
        make(layer.changed, union, copied=True)
        count = self._engine.frame(f"SELECT COUNT(*) AS n FROM {layer.changed}")["n"].iloc[0]
        if count > _FEW * first.rows:
            return False
        changed = f"SEMI JOIN {layer.changed} AS changed ON"
        olds = " UNION ".join(
            f"SELECT old.* FROM {pair} AS old {changed} {_same(spec, 'old', 'changed')} WHERE old.place_ IS NOT NULL"
            for pair in pairs.values()
        )
        make(layer.less, olds, copied=True)

        def part(load: Load) -> str:
            if load is first:
                return layer.less
            if len(pairs) == 1:
                return f"({news[load.name]})"
            # What one load says again counts where another said something else in between.
            rows = f"SELECT one.* FROM ({_rows(spec, load, store)}) AS one {changed} {_same(spec, 'one', 'changed')}"
            return f"({rows} WHERE TRUE{held[load.name]})"

        make(layer.plus, ranking.known(spec, loads, part), copied=True)
        return True


def _rows(spec: TableSpec, load: Load, store: Store) -> str:
    """Give the SELECT of a load's rows in the types of their table, each with its place."""

    def placed(one: Load) -> str:
        return f"read_parquet({sql.quote(str(sql.extract(store, one)))}, file_row_number=true)"

    return ranking.known(spec, [load], placed, ranked=False, beside=", file_row_number AS place_")


def _columns(spec: TableSpec) -> str:
    return ", ".join((*map(_quoted, spec.names), "source", "recorded_at", "extract_id"))


def _same(spec: TableSpec, one: str, other: str) -> str:
    # What is not dated has no day, which is a version too.
    pairs = [(name, "=" if name in spec.identity else "IS NOT DISTINCT FROM") for name in spec.key]
    return " AND ".join(f"{one}.{_quoted(name)} {sign} {other}.{_quoted(name)}" for name, sign in pairs)  # fmt: skip


def _quoted(name: str) -> str:
    return f'"{name}"'
