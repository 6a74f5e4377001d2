"""The workspace's configuration, ``reportkit.toml``: read once, checked whole, misspelt keys refused."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from reportkit import mistakes
from reportkit.connections import Connection
from reportkit.distribution import MARKS, Approval, Audience, Due, Mail, Mark, Schedule
from reportkit.editions import Edition, names_fit
from reportkit.errors import ConfigError, nearest
from reportkit.period import WEEKDAYS, FiscalCalendar, Weeks, is_zone
from reportkit.secret import Address

FILE = "reportkit.toml"


_CURRENCY = "^[A-Z]{3}$"


def _currency(code: str) -> str:
    if not re.fullmatch(_CURRENCY, code):
        raise ValueError("write three capital letters such as 'EUR' (ISO 4217)")
    return code


def _zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError(f"{name!r} is not a time zone; write for example 'Europe/Zurich'")
    return name


def _locale(name: str) -> str:
    from reportkit import locale

    try:
        return locale.get(name).name
    except ConfigError as error:
        raise ValueError(error.message) from None


def _ends(text: str) -> str:
    how, _, day = text.lower().partition(" ")
    if how not in {"last", "nearest"} or day not in WEEKDAYS:
        raise ValueError("write 'last saturday' or 'nearest saturday', or another weekday")
    return text.lower()


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Organisation(_Section):
    """Who reports, in which money, time and calendar."""

    name: str = "Your organisation"
    currency: Annotated[
        str, AfterValidator(_currency), Field(json_schema_extra={"pattern": _CURRENCY})
    ] = "EUR"
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = 1
    fiscal_year_named: Literal["end", "start"] = "end"
    fiscal_weeks: Literal["", "4-4-5", "4-5-4", "5-4-4"] = ""
    fiscal_year_ends: Annotated[str, AfterValidator(_ends)] = "nearest saturday"
    jurisdiction: str = "US"


class Report(_Section):
    """What stands on the cover and in every header."""

    author: str = "Office of the CISO"
    classification: Annotated[str, Field(min_length=1, max_length=40)] = "TLP:AMBER"
    labels: dict[str, Mark] = Field(
        default_factory=dict, description="marks of one's own, and the TLP mark each is handled as"
    )
    language: Literal["en"] = "en"
    locale: Annotated[str, AfterValidator(_locale)] = Field(
        "en",
        description="how numbers, money and dates are written, such as de-DE; sentences are English",
    )
    approval: bool = Field(False, description="a run must be approved before it is published")


class Slides(_Section):
    """What presentations are made on: a .pptx or .potx of the company, whose layouts, colours and fonts are taken."""

    master: str = ""

    def place(self, workspace: Path) -> Path | None:
        """Give the master's file; a relative name is of the workspace."""
        return workspace / self.master if self.master else None


class Finance(_Section):
    """What Finance sets: what money a year from now is worth less, how far a case looks, what there is to spend and to lose."""

    discount_rate: Annotated[float, Field(ge=0, lt=1)] = 0.08
    horizon_years: Annotated[int, Field(ge=1, le=30)] = 3
    case_budget: Annotated[float, Field(gt=0)] | None = None
    balance_sheet: Annotated[float, Field(gt=0)] | None = None


class Limits(_Section):
    """How long a run may take (seconds) and how much memory its kernel may use (megabytes)."""

    cell_seconds: Annotated[float, Field(gt=0)] = 300
    run_seconds: Annotated[float, Field(gt=0)] = 1800
    memory_mb: Annotated[int, Field(gt=0)] = 4000


class Engine(_Section):
    """Where measures are computed: in this process, or in the warehouse at an address."""

    url: Address = ""
    shared: bool = Field(
        True,
        description="many reports at once: read the data once for all of them; false where what one unit's report holds in memory must be its own",
    )


class Told(_Section):
    """Where is kept what was told: the workspace's own file, or a PostgreSQL database at an address."""

    url: Address = ""


class Own(_Section):
    """Measures of one's own: files of the workspace that end in ``.py``, or names of installed modules."""

    modules: tuple[str, ...] = ()


class Storage(_Section):
    """Where loaded rows lie: the workspace's own folder, or a bucket; and whether files are kept as they came."""

    url: Annotated[str, Field(pattern=r"^(s3://.+)?$")] = ""
    options: dict[str, str] = Field(
        default_factory=dict,
        description="of the connection to the bucket, such as endpoint and region",
    )
    raw: bool = True


class Privacy(_Section):
    """What names a person: marked columns and these (``table.column``) are stored as pseudonyms."""

    pseudonymise: bool = True
    columns: tuple[Annotated[str, Field(pattern=r"^\w+\.\w+$")], ...] = ()


class Settings(_Section):
    """Everything ``reportkit.toml`` can say; every key has a default."""

    organisation: Organisation = Organisation()
    report: Report = Report()
    slides: Slides = Slides()
    finance: Finance = Finance()
    limits: Limits = Limits()
    mail: Mail = Mail()
    approval: Approval = Approval()
    due: Due = Due()
    store: Storage = Storage()
    engine: Engine = Engine()
    ledger: Told = Told()
    measures: Own = Own()
    privacy: Privacy = Privacy()
    freshness: dict[str, Annotated[int, Field(gt=0)]] = Field(
        default_factory=dict,
        description="how many days older than the quarter's end the newest load of a table may be, by table",
    )
    sources: dict[str, Connection] = Field(
        default_factory=dict, description="where rows are pulled from, by name"
    )
    scorecards: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="measures of each scorecard, by its name"
    )
    owners: dict[str, str] = Field(
        default_factory=dict, description="owner by role of each measure"
    )

    audiences: dict[str, Audience] = Field(
        default_factory=dict, description="who gets which report, by the audience's name"
    )
    editions: dict[str, Edition] = Field(
        default_factory=dict, description="cuts of a report for one kind of reader, by name"
    )
    schedule: tuple[Schedule, ...] = Field((), description="which report runs when")

    @model_validator(mode="after")
    def _fits(self) -> Settings:
        names_fit(self.editions)
        given = [("report", self.report.classification)]
        given += [(f"editions.{name}", one.classification) for name, one in self.editions.items() if one.classification]  # fmt: skip
        for where, mark in given:
            if mark not in MARKS and mark not in self.report.labels:
                raise ValueError(
                    f"{where}.classification = {mark!r} is neither a mark of the Traffic Light Protocol ({', '.join(MARKS)}) nor listed under "
                    f'[report.labels]; write there for example "{mark}" = "TLP:AMBER"'
                )
        for name, audience in self.audiences.items():
            if audience.edition and audience.edition not in self.editions:
                raise ValueError(f"audiences.{name}.edition = {audience.edition!r} has no part [editions.{audience.edition}]; {nearest(audience.edition, self.editions) if self.editions else 'write one'}")  # fmt: skip
        return self

    def handled(self, mark: str) -> str:
        """Give the TLP mark as which a mark is handled; one that nobody knows is for named people only."""
        return mark if mark in MARKS else self.report.labels.get(mark, "TLP:RED")

    def cuts(self, report: str, names: Collection[str] | None = None) -> dict[str, Edition]:
        """Give the editions of a report; only those of some names, where names are given."""
        return {name: one for name, one in self.editions.items() if one.of(report) and (names is None or name in names)}  # fmt: skip

    @property
    def calendar(self) -> FiscalCalendar:
        """The organisation's calendar."""
        firm = self.organisation
        weeks = None
        if firm.fiscal_weeks:
            how, _, day = firm.fiscal_year_ends.partition(" ")
            weeks = Weeks(firm.fiscal_weeks, "last" if how == "last" else "nearest", WEEKDAYS.index(day))  # fmt: skip
        return FiscalCalendar(firm.fiscal_year_start, firm.timezone, weeks, firm.fiscal_year_named)


def find(folder: Path) -> Path | None:
    """Give the workspace that a folder is or lies in: the nearest one with ``reportkit.toml``."""
    here = folder.resolve()
    return next((path for path in (here, *here.parents) if (path / FILE).is_file()), None)


@lru_cache(maxsize=8)
def _parsed(text: str) -> Settings:
    """Give the settings of a text; they are frozen, and one command asks for them again and again."""
    return Settings.model_validate(tomllib.loads(text))


def read(folder: Path) -> Settings:
    """Read ``reportkit.toml`` of a workspace folder.

    Raises:
        ConfigError: no such file, not TOML, an unknown key (with the nearest known one) or a value out of range.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{folder} is not a workspace (it has no {FILE}); make one with 'reportkit init {folder}' "
            "or 'reportkit demo'."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); save it as UTF-8 text.") from None
    try:
        return _parsed(text)
    except ValidationError as error:
        found = [mistakes.sentence(one, text, _known(one["loc"])) for one in error.errors()]
        raise ConfigError.of_file(str(path), found) from None
    except (ValueError, RecursionError) as error:
        # No TOML, or a number of thousands of digits.
        raise ConfigError(f"{path} is not valid TOML: {error}.", [f"not valid TOML: {error}"]) from None  # fmt: skip


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Give the parts of the configuration that an annotation speaks of: itself, or in a table or list of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _known(loc: Sequence[Any]) -> Collection[str]:
    """Give the keys that may stand at a place: those of its part, of one kind where a part comes in several."""
    models: list[type[BaseModel]] = [Settings]
    for part in loc[:-1]:
        of_kind = [one for one in models if "kind" in one.model_fields and part in get_args(one.model_fields["kind"].annotation)]  # fmt: skip
        inner = [found for one in models if part in one.model_fields for found in _models(one.model_fields[part].annotation)]  # fmt: skip
        # Names and places in lists are the workspace's own; what is behind them has the fields of its part.
        models = of_kind or inner or models
    return dict.fromkeys(name for one in models for name in one.model_fields)
