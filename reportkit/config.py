"""The workspace's configuration, ``reportkit.toml``: read once, checked whole, misspelt keys refused."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from reportkit import connections
from reportkit.connections import Connection
from reportkit.distribution import Approval, Audience, Due, Mail, Schedule
from reportkit.errors import ConfigError, nearest
from reportkit.period import WEEKDAYS, FiscalCalendar, Weeks, is_zone
from reportkit.secret import Address

FILE = "reportkit.toml"


def _zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError(f"{name!r} is not a time zone; write for example 'Europe/Zurich'")
    return name


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
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = 1
    fiscal_year_named: Literal["end", "start"] = "end"
    fiscal_weeks: Literal["", "4-4-5", "4-5-4", "5-4-4"] = ""
    fiscal_year_ends: Annotated[str, AfterValidator(_ends)] = "nearest saturday"
    jurisdiction: str = "US"


class Report(_Section):
    """What stands on the cover and in every header."""

    author: str = "Office of the CISO"
    classification: Literal[
        "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"
    ] = "TLP:AMBER"
    language: Literal["en"] = "en"
    approval: bool = Field(False, description="a run must be approved before it is published")


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
    schedule: tuple[Schedule, ...] = Field((), description="which report runs when")

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
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    except ValidationError as error:
        raise ConfigError(
            f"{path}: " + "; ".join(_sentence(item) for item in error.errors()) + "."
        ) from None


def _sentence(item: Any) -> str:
    place = tuple(str(part) for part in item["loc"])
    known: Collection[str] = Settings.model_fields
    if place[0] == "sources" and len(place) > 3:
        # Behind the name stands the kind by which it was read, which nobody wrote there.
        known = connections.keys(place[2])
        place = (*place[:2], *place[3:])
    else:
        for part in place[:-1]:
            inner = Settings.model_fields[part].annotation if part in known else None
            known = inner.model_fields if isinstance(inner, type) and issubclass(inner, BaseModel) else known  # fmt: skip
    where = ".".join(place)
    if item["type"] == "secret":
        return f"{where} {item['msg']}"
    if item["type"] == "extra_forbidden":
        return f"unknown key {where}; {nearest(place[-1], known)}".rstrip(".")
    words = str(item["msg"]).removeprefix("Value error, ")
    given = "" if item["type"] in {"missing", "union_tag_not_found"} else f" = {item['input']!r}"
    return f"{where}{given}: {words[:1].lower()}{words[1:]}"
