"""The types of a measure: its definition, its value at a moment, and the value with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from reportkit.errors import DataError
from reportkit.exhibit import Exhibit
from reportkit.facts import Block, Facts, Figure, Status
from reportkit.tables import SEVERITIES

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.clocks import Regime
    from reportkit.period import Period

Unit = Literal["count", "percent", "days", "hours", "money", "ratio"]
#: What NIST SP 800-55 asks of a measure: is it done, does it work, what does it change.
Kind = Literal["implementation", "effectiveness", "impact"]
Direction = Literal["down", "up", "band"]
#: How a change between two quarters is told from chance; ``census`` counts everything, so every change is real.
Noise = Literal["census", "proportion", "poisson", "interval"]


class Part(NamedTuple):
    """A number that belongs to a value and is read beside it."""

    name: str
    value: float | None
    unit: Unit


@dataclass(frozen=True, kw_only=True, repr=False)
class Value:
    """A finished number, or the reason why there is none.

    Attributes:
        value: in the measure's unit; percent runs from 0 to 100; None is "not measured", never zero.
        numerator, denominator: of a ratio.
        low, high: 95 % interval.
        n: how many things the number rests on.
        reason: why there is no value.
        note: what a reader should know about this value.
        target: appetite that the value itself brings along (a loss curve's approved point), else None.
        parts: numbers that belong to the value and are read beside it.
        withheld: there is a number, but it would tell about fewer than five people.
    """

    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    reason: str | None = None
    note: str = ""
    target: float | None = None
    parts: tuple[Part, ...] = ()
    withheld: bool = False

    def __repr__(self) -> str:
        # What says nothing is left out; the rest is as it would be typed.
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        given = (f"{name}={x!r}" for name, x in said.items() if name == "value" or x not in (None, "", (), False))  # fmt: skip
        return f"Value({', '.join(given)})"


class Moment(Protocol):
    """What a measure may know about the view it is computed in."""

    @property
    def period(self) -> Period:
        """The quarter reported on."""
        ...

    @property
    def unit(self) -> str:
        """The business unit, or empty for the whole firm."""
        ...

    @property
    def as_of(self) -> date:
        """The day whose truth is shown."""
        ...

    @property
    def known_by(self) -> datetime:
        """The instant whose knowledge is used."""
        ...

    @property
    def begin(self) -> datetime:
        """The last instant before the quarter's first day, naive UTC: what came after it belongs to the quarter."""
        ...

    @property
    def end(self) -> datetime:
        """The last instant of the day, naive UTC."""
        ...

    @property
    def jurisdiction(self) -> str:
        """Whose holidays count."""
        ...

    @property
    def currency(self) -> str:
        """The organisation's currency."""
        ...

    @property
    def clocks(self) -> Sequence[Regime]:
        """The deadlines for notices to authorities that the organisation goes by."""
        ...

    @property
    def discount_rate(self) -> float:
        """What money a year from now is worth less, as a share; from Finance."""
        ...

    def sql(self, query: str) -> pd.DataFrame:
        """Run a query over the tables at the day."""
        ...

    def previous(self) -> Moment:
        """Give the same moment one quarter earlier, with the same knowledge."""
        ...


#: Under these names the files of a workspace with measures of its own are imported; the hash of the file stands at the end.
OWN = "reportkit_own_"
Finish = Callable[["pd.DataFrame", Moment], Value]


@dataclass(frozen=True, kw_only=True, repr=False)
class Definition(Exhibit):
    """What a measure says, how it is computed and what it needs.

    Attributes:
        id: catalogue id, for example ``V03``.
        name: as printed on a scorecard.
        definition: numerator, denominator, clock, and what an unfinished item counts as.
        why: why the number is useful.
        use: what is decided with it.
        source: where the definition comes from.
        version: raised whenever the same data would give another number.
        needs: tables that must have been loaded, and fresh.
        fields: columns that must hold values, as ``table.column``; alternatives are joined by ``|``.
        reduce: one portable SELECT over the relations of a view; ``{as_of}``, ``{start}``, ``{begin}``, ``{end}``, ``{period}``, ``{unit}`` are literals
            and ``{group}`` is the grouping expression; its first column is named ``grp``. Days are compared with ``{start}`` and ``{as_of}``;
            an instant is in the quarter when it is after ``{begin}`` and not after ``{end}``.
        finish: turns the rows of one group into a value.
        beside: tables that ``finish`` asks for itself.
        dims: what the measure can be split by: name to SQL expression.
        green, red: default limits in the measure's unit; thresholds of the workspace replace them.
        noise: how a change is told from chance.
        digits: decimals printed.
        amounts: numerator and denominator are money.
        kind: what the measure looks at.
        clock: of a duration or a deadline: what starts it, what stops it, what censors or removes an item.
        people: its cells are people, so cells of fewer than five are withheld.
        mix: the dimension by which a change is split into rate and mix; by default the first one.
        changes: what each version changed, with the day from which it is used.
        counted: relations and, of each, the condition by which the figure counts a row, in numerator or denominator; with the
            same literals as ``reduce``, and ``{at}`` for the schema of other relations. What stands behind a restated
            figure is told from them; without them every changed row of its tables is.
    """

    id: str
    name: str
    definition: str
    why: str
    use: str
    source: str
    unit: Unit
    direction: Direction
    needs: tuple[str, ...]
    reduce: str
    finish: Finish
    version: int = 1
    fields: tuple[str, ...] = ()
    dims: Mapping[str, str] = field(default_factory=dict)
    green: float | None = None
    red: float | None = None
    noise: Noise = "census"
    digits: int = 0
    amounts: bool = False
    kind: Kind = "effectiveness"
    clock: str = ""
    people: bool = False
    mix: str = ""
    changes: tuple[tuple[int, date, str], ...] = ()
    counted: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """What computes it: the version of reportkit, and for a measure of one's own its module, with the hash of its file."""
        from reportkit import __version__

        module, ours = self.finish.__module__, f"reportkit {__version__}"
        if module.startswith("reportkit."):
            return ours
        return f"{ours}, {module.removeprefix(OWN)}"

    def __repr__(self) -> str:
        split = f", by {' or '.join(self.dims)}" if self.dims else ""
        return f"<Definition {self.id} {self.name}, {self.unit}{split}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit import showing

        return showing.words(self)


@dataclass(frozen=True, kw_only=True, repr=False)
class Measure(Exhibit):
    """A measure at a moment: the value never travels without its definition, its day and its source.

    Attributes:
        scope: empty for the whole view, else for example ``severity=critical``.
        status: against the limits in force on the day.
        default_limits: the limits are reportkit's defaults, not the organisation's own.
        override: a status set by hand: why, and by whom.
        held: the status is that of the last report, since the value is within the hysteresis of a limit: in words.
        frame: the rows the value was finished from.
    """

    definition: Definition
    value: Value
    period: Period
    as_of: date
    known_by: datetime
    scope: str = ""
    unit_id: str = ""
    currency: str = "EUR"
    green: float | None = None
    red: float | None = None
    default_limits: bool = True
    status: Status = "none"
    override: str = ""
    held: str = ""
    confidence: Literal["A", "B", "C", "D"] = "D"
    owner: str = ""
    inputs: tuple[str, ...] = ()
    frame: pd.DataFrame | None = field(default=None, compare=False, repr=False)

    @property
    def target(self) -> float | None:
        """The limit the reader compares with: the value's own appetite, else the green limit."""
        return self.value.target if self.value.target is not None else self.green

    def figure(self) -> Figure:
        """Give the fact that travels to the ledger, the annex and the gates."""
        v = self.value
        return Figure(
            measure=self.definition.id,
            name=self.definition.name,
            scope=self.scope,
            value=v.value,
            unit=self.definition.unit,
            currency=self.currency if self.definition.unit == "money" else None,
            numerator=v.numerator,
            denominator=v.denominator,
            low=v.low,
            high=v.high,
            n=v.n,
            reason=v.reason,
            as_of=self.as_of,
            known_by=self.known_by,
            direction=self.definition.direction,
            target=self.target,
            status=self.status,
            definition_version=self.definition.version,
            confidence=self.confidence,
            owner=self.owner,
            inputs=self.inputs,
            code_version=self.definition.code,
            parts=v.parts,
            definition="" if self.scope else self.definition.definition,
        )

    def __repr__(self) -> str:
        from reportkit import display

        words, value = self.definition, self.value
        said = (
            f"not measured: {value.reason}"
            if value.value is None
            else display.write(value.value, words.unit, digits=words.digits, currency=self.currency)
        )
        scope = f" ({self.scope})" if self.scope else ""
        return f"<{words.id} {words.name}{scope}, {self.period.label}: {said}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit.showing import numbers

        return numbers.measure(self)

    def _facts(self) -> Facts:
        return Facts(figures=(self.figure(),))


def finished(words: Definition, rows: pd.DataFrame, at: Moment) -> Value:
    """Finish rows into a value; data that no value can be made of is a reason, and stops no report."""
    try:
        return words.finish(rows, at)
    except DataError as error:
        reason = error.message.rstrip(".")
        return Value(reason=reason[:1].lower() + reason[1:] if reason[1:2].islower() else reason)


def rank(group: Any) -> int:
    """Give the place of a cell among others: severities from the worst, what is not known last, all else as it comes."""
    if group is None or group != group:
        return len(SEVERITIES) + 1
    return SEVERITIES.index(group) if group in SEVERITIES else len(SEVERITIES)


def named(group: Any) -> str:
    """Give the name of a cell; rows that do not say where they belong are a cell of their own, so that cells add up.

    A whole number stays one where unknown ones beside it made the column a fraction.
    """
    if group is None or group != group:
        return "not known"
    return str(int(group)) if isinstance(group, float) and group.is_integer() else str(group)
