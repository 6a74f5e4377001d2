"""Why a told figure is another one today: steps from the one to the other, each with one cause, that add up exactly.

Nothing about the past is kept but what was loaded, so every step is computed: the same measure at the same day, with what
was known when it was told; then with today's rules; then with today's assets and units; then with everything learnt since;
then with what was reclassified since. The difference between two steps is what that cause did.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from reportkit import relations, trust
from reportkit.exhibit import Exhibit
from reportkit.facts import Block, Figure, Restatement
from reportkit.knowledge import Knowledge
from reportkit.ledger import Publication
from reportkit.measures import Definition, definition, definitions, earlier
from reportkit.sql import quote
from reportkit.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.view import View

Cause = Literal["definition", "scope", "late data", "reclassified", "error", "real"]
#: Limits and service levels: rules by which things are counted.
RULES = ("thresholds",)
#: What belongs to the estate, and to whom.
SCOPE = ("assets", "units")
#: Told figures that stand in a unit of things: a part that is gone is none of them.
_COUNTED = ("count", "money")
_SAME = 1e-9
_STATE = frozenset({"state", "opened", "closed", "accepted_at"})


@dataclass(frozen=True, repr=False)
class Bridge(Exhibit):
    """A told figure and the same figure today.

    Attributes:
        told, today: the two values; None is not measured.
        steps: what each cause did to it; they add up to the difference. Empty where one side is not measured.
        cause: what did most, or what first made the figure measured or not.
    """

    measure: str
    scope: str
    name: str
    unit: str
    digits: int
    told: float | None
    today: float | None
    steps: tuple[tuple[Cause, float], ...]
    cause: Cause

    @property
    def difference(self) -> float | None:
        """Today less told."""
        return None if self.told is None or self.today is None else self.today - self.told

    @property
    def printed(self) -> bool:
        """Whether the two differ at the precision that is printed."""
        if self.told is None or self.today is None:
            return self.told is not self.today
        return bool(abs(self.today - self.told) > 0.5 * 10**-self.digits)

    def restatements(self, period: str) -> Iterator[Restatement]:
        """Give one restatement for each cause; together they are the difference."""
        same: dict[str, Any] = {"measure": self.measure, "name": self.name, "period": period, "unit": self.unit}  # fmt: skip
        if not self.steps:
            yield Restatement(**same, told=self.told, today=self.today, cause=self.cause)
        for cause, change in self.steps:
            yield Restatement(
                **same, scope=cause, told=self.told, today=(self.told or 0.0) + change, cause=cause, note=NOTES[cause],
            )  # fmt: skip

    def __repr__(self) -> str:
        from reportkit import display

        told, today = ("not measured" if value is None else display.write(value, self.unit, digits=self.digits) for value in (self.told, self.today))  # fmt: skip
        scope = f" ({self.scope})" if self.scope else ""
        return f"<Restatement {self.measure} {self.name}{scope}: told {told}, today {today}, {self.cause}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit.showing import numbers

        return numbers.bridges((self,))

    def to_dict(self) -> dict[str, Any]:
        """Give the bridge as plain values for JSON."""
        return {
            "measure": self.measure, "scope": self.scope, "name": self.name, "unit": self.unit, "told": self.told,
            "today": self.today, "difference": self.difference, "cause": self.cause, "steps": dict(self.steps),
        }  # fmt: skip


NOTES: dict[Cause, str] = {
    "definition": "a rule or a definition is another one",
    "scope": "assets or units are others",
    "late data": "loaded after the last report's cut-off",
    "reclassified": "no longer counted at all",
    "error": "what was told cannot be computed again from what was known",
    "real": "a change between the quarters",
}


@dataclass(frozen=True)
class Told:
    """A publication beside today's view of the same quarter."""

    view: View
    publication: Publication
    figures: Mapping[tuple[str, str], Figure] = field(repr=False)

    def bridges(self, wanted: Iterable[tuple[str, str]] | None = None) -> list[Bridge]:
        """Give a bridge for each told figure that is another one today, in the order of the catalogue.

        Args:
            wanted: measure and scope of the figures asked for; all when not given.
        """
        order = {id_: place for place, id_ in enumerate(definitions())}
        keys = [key for key in (self.figures if wanted is None else wanted) if key in self.figures]
        known = sorted((key for key in keys if key[0] in order), key=lambda k: (order[k[0]], k[1]))
        found = (self._bridge(key, self.figures[key]) for key in known)
        return [bridge for bridge in found if bridge is not None]

    def _bridge(self, key: tuple[str, str], figure: Figure) -> Bridge | None:
        words = definition(key[0])
        today = value(self.view, *key)
        if _same(figure.value, today):
            return None
        steps, cause = self._steps(words, key[1], figure, today)
        return Bridge(words.id, key[1], figure.name, words.unit, words.digits, figure.value, today, steps, cause)  # fmt: skip

    def _steps(
        self, words: Definition, scope: str, figure: Figure, today: float | None
    ) -> tuple[tuple[tuple[Cause, float], ...], Cause]:
        causes: list[Cause] = ["error", "definition", "scope", "late data", "reclassified"]
        # Where nothing was learnt about what a measure rests on, its value is the same, and is not computed again.
        seen = {_basis(self.view, words): today}
        for view in self.stages[:-1]:
            if (basis := _basis(view, words)) not in seen:
                seen[basis] = value(view, words.id, scope)
        values = [figure.value, *(seen[_basis(view, words)] for view in self.stages[:-1]), today]
        if figure.definition_version != words.version:
            old = earlier(words.id, figure.definition_version)
            if old is None:
                # The calculation it was told by is no longer kept, so nothing tells an error from another definition.
                causes[0] = "definition"
            else:
                values.insert(1, value(self.stages[0], words.id, scope, old.version))
                causes.insert(1, "definition")
        if figure.value is None or today is None:
            first = next(
                cause
                for cause, found in zip(causes, values[1:], strict=True)
                if (found is None) == (today is None)
            )
            return (), first
        # A stage that cannot be measured by itself leaves its part to the next.
        filled: list[float] = [figure.value]
        for found in values[1:]:
            filled.append(filled[-1] if found is None else found)
        sums: dict[Cause, float] = {}
        for cause, (before, after) in zip(causes, itertools.pairwise(filled), strict=True):
            sums[cause] = sums.get(cause, 0.0) + after - before
        steps = tuple((cause, change) for cause, change in sums.items() if abs(change) > _SAME)
        return steps, max(steps, key=lambda step: abs(step[1]))[0]

    @cached_property
    def stages(self) -> tuple[View, ...]:
        """The same day as known when told, and then with one kind of knowledge more each time, up to today's."""
        cut = self.publication.known_by
        then = Knowledge(cut, also=frozenset(self.publication.also))
        counted = {load.name for loads in self.view.loads.values() for load in loads}
        added = [
            load
            for load in self.view.workspace.store.loads()
            if load.name in counted and not then.counts(load)
        ]

        def knowing(*tables: str) -> Knowledge:
            named = frozenset(load.name for load in added if load.table in tables)
            return replace(then, also=then.also | named)

        findings = frozenset(load.name for load in added if load.table == "findings")
        late = replace(knowing(*TABLES), unreclassified=findings)
        made = [replace(self.view, known_by=cut, knowledge=then if then.also else None)]
        last = then
        for knowledge in (knowing(*RULES), knowing(*RULES, *SCOPE), late):
            # Where nothing was added, the same view is asked again, which costs nothing.
            same = knowledge == last or (knowledge is late and not late.also > last.also)
            made.append(made[-1] if same else replace(self.view, knowledge=knowledge))
            last = knowledge
        return (*made, self.view)

    def rows(self, id_: str, limit: int = 1000) -> pd.DataFrame:
        """Give the rows behind a restated figure that read differently today: those it counted when it was told, or counts today.

        Of a measure that does not say which rows it counts, every changed row of its tables is given; of one whose rows are
        people, none where they are fewer than five.

        Returns:
            ``table``, ``id``, ``what`` (counts now, counts no longer, changed; new or gone where all rows of a table are given),
            ``changed`` (column: then → today) and ``load`` (the load whose row counts today), at most ``limit`` rows.
        """
        import pandas as pd

        then, now, words = self.stages[0], self.view, definition(id_)
        names = words.counted or dict.fromkeys(trust.rests_on(words), "")
        parts = [
            _changed(name, words, then, now, limit, condition)
            for name, condition in names.items()
            if any(then.loads[table] != now.loads[table] for table in _behind(name))
        ]
        parts = [part for part in parts if len(part)]
        if not parts:
            return pd.DataFrame(columns=["table", "id", "what", "changed", "load"])
        found: pd.DataFrame = pd.concat(parts, ignore_index=True).head(limit)
        names_of = {load.extract: load.name for loads in now.loads.values() for load in loads}
        found["load"] = found["load"].map(names_of).fillna("")
        if words.people and len(found) < relations.FEWEST:
            return pd.DataFrame([(name, "–", "withheld", "fewer than five people", "") for name in found["table"].unique()], columns=found.columns)  # fmt: skip
        return found


def told(view: View) -> Told | None:
    """Give the last publication for a view's quarter beside that view; None when it was never published."""
    publication, figures = view.told(view.period)
    return None if publication is None else Told(view, publication, figures)


def value(view: View, id_: str, scope: str = "", version: int | None = None) -> float | None:
    """Give a measure's value at a view, whole or of one part; a part that is gone counts nothing."""
    if not scope:
        number: float | None = view.measure(id_, version=version).value.value
        return number
    by = scope.partition("=")[0]
    words = definition(id_, version)
    if by not in words.dims:
        return None
    for part in view.measure(id_, by=by, version=version):
        if part.scope == scope:
            found: float | None = part.value.value
            return found
    whole = view.measure(id_, version=version).value.value
    return 0.0 if words.unit in _COUNTED and whole is not None else None


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _SAME * max(1.0, abs(one))


def _basis(view: View, words: Definition) -> tuple[Any, ...]:
    """Give what a measure's value rests on at a view of a day: equal bases give equal values."""
    if not words.finish.__module__.startswith("reportkit.measures."):
        # The finish of a measure of one's own may ask for anything.
        return tuple(view.loads.items()), view.knowledge
    tables = {"units", *(part for name in trust.rests_on(words) for part in _behind(name))}
    held = view.knowledge.unreclassified if view.knowledge and "findings" in tables else frozenset()
    return tuple(view.loads[name] for name in sorted(tables)), held


def _behind(name: str) -> tuple[str, ...]:
    """Give the tables a relation is made from: a day of a finding may come from its asset, a policy or the catalogue."""
    return (name, *relations.MADE_FROM.get(name, ()), *(RULES if name == "findings" else ()))


def _changed(
    name: str, words: Definition, then: View, now: View, limit: int, condition: str
) -> pd.DataFrame:
    """Give the rows of a table that two views see differently, as far as a measure looks at them and counts them."""
    spec = TABLES[name]
    asked = relations.columns(words.reduce)
    if asked is not None and name == "findings":
        # What is open is asked of a relation of its own, which looks at these.
        asked |= _STATE
    keys = spec.identity
    columns = [column for column in spec.names if (asked is None or column in asked) and column not in keys]  # fmt: skip
    sides = []
    for view in (then, now):
        met = f"CASE WHEN {view.literal(condition)} THEN 1 ELSE 0 END" if condition else "1"
        # Other relations of the condition, and columns that it alone looks at, are made with the table.
        place = view.relation(name, f"{', '.join((*keys, *columns))} {condition}")
        sides.append(
            f"(SELECT {', '.join((*keys, *columns))}, extract_id, {met} AS counted_ FROM {place}{_among(name, then, now)})"
        )
    on = " AND ".join(f"a.{key} = b.{key}" for key in keys)
    differing = [f"a.{column} IS DISTINCT FROM b.{column}" for column in columns]
    said = ", ".join(
        f"CASE WHEN {differs} THEN {quote(column + ' ')} || COALESCE(CAST(a.{column} AS VARCHAR), '–') || ' → ' || COALESCE(CAST(b.{column} AS VARCHAR), '–') END"
        for column, differs in zip(columns, differing, strict=True)
    )  # fmt: skip
    words_of = f"CONCAT_WS(', ', {said})" if said else "''"
    was, is_ = (f"COALESCE({side}.counted_, 0)" for side in "ab")
    came, went = ("counts now", "counts no longer") if condition else ("new", "gone")
    # A condition may look at other tables, so a row can count otherwise without being another one.
    differs = " OR ".join([f"{was} <> {is_}", *differing])
    thing = ", ".join(f"CAST(COALESCE(a.{key}, b.{key}) AS VARCHAR)" for key in keys)
    thing, key = f"CONCAT_WS({quote(' ')}, {thing})", keys[0]
    return now.workspace.engine.frame(
        f'SELECT {quote(name)} AS "table", {thing} AS id, '
        f"CASE WHEN {was} < {is_} THEN {quote(came)} WHEN {was} > {is_} THEN {quote(went)} ELSE 'changed' END AS what, "
        f"CASE WHEN a.{key} IS NULL OR b.{key} IS NULL THEN '' ELSE {words_of} END AS changed, b.extract_id AS load "
        f"FROM {sides[0]} AS a FULL JOIN {sides[1]} AS b ON {on} WHERE ({was} = 1 OR {is_} = 1) AND ({differs}) "
        f"ORDER BY CASE WHEN {was} = {is_} THEN 1 ELSE 0 END, 2 LIMIT {int(limit)}"
    )


def _among(name: str, then: View, now: View) -> str:
    """Give the condition that leaves only rows that may differ, where two views know of the same base and of nothing else."""
    if [table for table in _behind(name) if then.loads[table] != now.loads[table]] != ["findings"]:
        return ""
    place = now.workspace
    known = (place.known(view.knowledge or view.known_by)[0] for view in (then, now))
    layers = [layer for layer in map(place.engine.layer, known) if layer is not None]
    if name != "findings" or len(layers) < 2 or layers[0].base != layers[1].base:
        return ""
    keys = [f"SELECT finding_id FROM {layer.changed}" for layer in layers if layer.changed]
    return f" WHERE finding_id IN ({' UNION '.join(keys)})" if keys else ""
