"""How long a known exploited weakness may stay open, where another rule than the catalogue's own due date is to count.

The rules stand as data in ``clocks.toml``, with the day from which each holds. What is known of one from secondary sources
only ships switched off; a workspace that switches it on writes its cases. Like every service level, a rule moves no due date
that was set before it held.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from reportkit import clocks, resources, sql
from reportkit.errors import ConfigError, nearest

if TYPE_CHECKING:
    from pathlib import Path

#: What a case may ask of a finding: key, the column of ``findings`` and what it may be.
_ASKED: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "exposure": ("asset_exposure", ("internet", "partner", "internal")),
    "automatable": ("automatable", (True, False)),
    "tech_impact": ("tech_impact", ("partial", "total")),
}


@dataclass(frozen=True)
class Case:
    """Findings of one kind and the days within which they must be fixed; None is no fixed day, such as the next upgrade."""

    asks: tuple[tuple[str, Any], ...]
    days: int | None


@dataclass(frozen=True)
class Rule:
    """One rule of how long a known exploited weakness may stay open.

    Attributes:
        id: stable name.
        name: what readers call it.
        valid_from: first day on which it holds; it sets the due date of what was listed or found since.
        source: where it stands.
        cases: in their order; the first that fits a finding counts, and one that fits none keeps the catalogue's due date.
        verified: read in the rule itself; else known from secondary sources only.
        enabled: in use.
    """

    id: str
    name: str
    valid_from: date
    source: str
    cases: tuple[Case, ...] = ()
    verified: bool = True
    enabled: bool = True


def listed(workspace: Path | None) -> tuple[Rule, ...]:
    """Give all rules: those that came with the package, and what a workspace's own file changes or adds.

    Raises:
        ConfigError: its file cannot be understood.
    """
    shipped = _parse(resources.templates() / clocks.FILE)
    path = workspace / clocks.FILE if workspace else None
    own = _parse(path) if path is not None and path.exists() else ()
    replaced = {(rule.id, rule.valid_from) for rule in own}
    return (*(rule for rule in shipped if (rule.id, rule.valid_from) not in replaced), *own)


def read(workspace: Path) -> tuple[Rule, ...]:
    """Give the rules that are switched on, the latest first.

    Raises:
        ConfigError: the workspace's file cannot be understood, or a rule is switched on without a case.
    """
    found = [rule for rule in listed(workspace) if rule.enabled]
    for rule in found:
        if not rule.cases:
            raise ConfigError(
                f"Rule {rule.id!r} of {clocks.FILE} is switched on and has no case; write its [[remediation.case]] rows with days, "
                "or set enabled = false."
            )
    return tuple(sorted(found, key=lambda rule: rule.valid_from, reverse=True))


def _parse(path: Path) -> tuple[Rule, ...]:
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    known = {item.name for item in fields(Rule)} - {"cases"} | {"case"}
    needed = {item.name for item in fields(Rule) if item.default is MISSING}
    rules = []
    for row in said.get("remediation", ()):
        name = row.get("id", "without an id")
        if wrong := sorted(row.keys() - known):
            raise ConfigError(f"{path}: remediation {name!r} has unknown key {wrong[0]!r}; {nearest(wrong[0], known)}")  # fmt: skip
        if gone := sorted(needed - row.keys()):
            raise ConfigError(f"{path}: remediation {name!r} has no {gone[0]!r}; every rule needs {', '.join(sorted(needed))}.")  # fmt: skip
        cases = tuple(_case(path, name, case) for case in row.get("case", ()))
        rules.append(Rule(**{key: value for key, value in row.items() if key != "case"}, cases=cases))  # fmt: skip
    return tuple(rules)


def _case(path: Path, name: str, row: Mapping[str, Any]) -> Case:
    known = {*_ASKED, "days"}
    if wrong := sorted(row.keys() - known):
        raise ConfigError(f"{path}: a case of remediation {name!r} has unknown key {wrong[0]!r}; {nearest(wrong[0], known)}")  # fmt: skip
    for key, value in row.items():
        allowed = _ASKED[key][1] if key in _ASKED else ()
        if allowed and (value not in allowed or isinstance(value, bool) != isinstance(allowed[0], bool)):  # fmt: skip
            raise ConfigError(
                f"{path}: a case of remediation {name!r} has {key} = {value!r}; choose {', '.join(str(x).lower() if isinstance(x, bool) else x for x in allowed)}."
            )
    days = row.get("days")
    if days is not None and (not isinstance(days, int) or isinstance(days, bool) or days < 0):
        raise ConfigError(f"{path}: a case of remediation {name!r} has days = {days!r}; give whole days, or leave it out where no day is set.")  # fmt: skip
    return Case(tuple((key, row[key]) for key in _ASKED if key in row), days)


def due(rules: Sequence[Rule], otherwise: str) -> str:
    """Give the SQL of a finding's due date: by the rule in force when it was listed or found, whichever was first.

    Args:
        rules: switched on, the latest first.
        otherwise: SQL of the due date where no rule or no case fits.
    """
    if not rules:
        return otherwise
    begun = "LEAST(kev_date, opened)"
    whens = []
    for rule in rules:
        held = f"WHEN {begun} >= {sql.day(rule.valid_from)}"
        for case in rule.cases:
            day = "CAST(NULL AS DATE)" if case.days is None else f"{begun} + CAST({case.days} AS INTEGER)"  # fmt: skip
            whens.append(f"{held}{_fits(case)} THEN {day}")
        # A finding for which a rule has no case keeps the catalogue's date, and not that of an older rule.
        whens.append(f"{held} THEN {otherwise}")
    return f"CASE {' '.join(whens)} ELSE {otherwise} END"


def _fits(case: Case) -> str:
    tests = [
        f"COALESCE({_ASKED[key][0]} = {sql.quote(value) if isinstance(value, str) else str(value).upper()}, FALSE)"
        for key, value in case.asks
    ]
    return "".join(f" AND {test}" for test in tests)
