"""Scenarios of evaluator (tidyrisk): a folder with qualitative_mappings.csv, and the survey or the tables made of it.

Words become ranges by the folder's own mappings. Each attempt's capability meets the mean of its controls' strengths,
as evaluator has it; a column says so, since the weakest or the strongest may be meant.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator

from reportkit.errors import DataError
from reportkit.sources import sheet, text
from reportkit.sources.content import Content
from reportkit.sources.model import Asked, Records
from reportkit.sources.scenarios import Row, Scenarios

_MAPPINGS, _SCENARIOS, _CAPABILITIES = (
    "qualitative_mappings.csv",
    "qualitative_scenarios.csv",
    "capabilities.csv",
)
_SURVEY = "survey.xlsx"


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say no to a single file: words mean nothing without their mappings."""
    return False


def several(content: Content) -> bool:
    """Say whether files are evaluator's inputs."""
    ends = tuple(content.members)
    whole = any(m.endswith(_SURVEY) for m in ends) or (
        any(m.endswith(_SCENARIOS) for m in ends) and any(m.endswith(_CAPABILITIES) for m in ends)
    )
    return whole and any(m.endswith(_MAPPINGS) for m in ends)


def read(asked: Asked) -> Records:
    """Read all scenarios of the folder.

    Raises:
        DataError: a table without the columns it needs.
    """
    parts = {part.name.rpartition("/")[2]: part for part in asked.content.parts()}
    ranges = {
        (row["type"].strip(), row["label"].strip().casefold()): row
        for row in _table(_part(parts, _MAPPINGS), {"type", "label", "l", "ml", "h", "conf"})
    }
    if any(name.endswith(_SCENARIOS) for name in parts):
        scenarios = list(_table(_part(parts, _SCENARIOS), {"scenario_id", "tef", "tc", "lm"}))
        controls = list(_table(_part(parts, _CAPABILITIES), {"capability_id", "diff"}))
    else:
        scenarios, controls = _survey(_part(parts, _SURVEY))
    strengths = {row["capability_id"]: row["diff"] for row in controls}
    found = Scenarios()
    for number, scenario in enumerate(scenarios, start=1):
        row = _row(scenario, strengths, ranges)
        if isinstance(row, str):
            found.refuse(number, scenario["scenario_id"], row)
        else:
            found.add(number, row)
    return found.records()


def _part(parts: dict[str, Content], end: str) -> Content:
    return parts[min(name for name in parts if name.endswith(end))]


def _table(content: Content, needed: set[str]) -> Iterator[Row]:
    whole, _ = text.read_all(content)
    for row in csv.DictReader(whole.splitlines(), skipinitialspace=True):
        if missing := needed - row.keys():
            raise DataError(
                f"{content.name} has no column {min(missing)!r}; it is one of evaluator's tables and needs it."
            )
        yield {name: cell or "" for name, cell in row.items() if name}


def _survey(content: Content) -> tuple[list[Row], list[Row]]:
    """Read the blocks of each domain's sheet: its capabilities, then its threats."""
    scenarios, controls = [], []
    for domain, rows in sheet.cells(content).items():
        block = ""
        heads: list[str] = []
        for row in rows:
            first = row[0].strip() if row else ""
            if first in {"Capabilities", "Threats"} and not any(row[1:]):
                block, heads = first, []
            elif block and not heads:
                heads = [cell.strip().casefold() for cell in row]
            elif not first:
                block = ""
            elif block:
                cells = dict(zip(heads, (cell.strip() for cell in row), strict=False))
                if block == "Capabilities":
                    controls.append({"capability_id": cells["capabilityid"], "diff": cells["diff"]})
                else:
                    scenarios.append(
                        {
                            "scenario_id": cells["scenarioid"], "scenario": cells["scenario"], "tef": cells["tef"],
                            "tc": cells["tc"], "lm": cells["lm"], "controls": cells["capabilities"], "domain_id": domain,
                        }
                    )  # fmt: skip
    return scenarios, controls


def _row(scenario: Row, strengths: Row, ranges: dict[tuple[str, str], Row]) -> Row | str:
    ids = [part.strip() for part in scenario.get("controls", "").split(",") if part.strip()]
    try:
        rate, capability, loss = (
            _range(ranges, kind, scenario[kind]) for kind in ("tef", "tc", "lm")
        )
        met = [_range(ranges, "diff", strengths[name]) for name in ids]
    except KeyError as error:
        return f"names {error.args[0]!r}, which is in no mapping or is no capability"
    low, mode, high, gamma = loss
    return {
        "scenario_id": scenario["scenario_id"], "state": "current", "title": scenario.get("scenario", ""),
        "freq_dist": "poisson", "rate_low": f"{rate[0]:g}", "rate_mode": f"{rate[1]:g}", "rate_high": f"{rate[2]:g}",
        "rate_gamma": f"{rate[3]:g}", "capability": json.dumps(capability), "strengths": json.dumps(met), "strength_rule": "mean",
        "sev_dist": "pert", "low": f"{low:.12g}", "mode": f"{mode:.12g}", "high": f"{high:.12g}", "gamma": f"{gamma:g}",
    }  # fmt: skip


def _range(ranges: dict[tuple[str, str], Row], kind: str, label: str) -> list[float]:
    found = ranges.get((kind, label.strip().casefold()))
    if found is None:
        raise KeyError(f"{kind} {label}")
    return [float(found[name]) for name in ("l", "ml", "h", "conf")]
