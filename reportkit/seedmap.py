"""Which question of the readers which report answers: from the tags that cells of the notebooks carry.

A cell says in its metadata what it answers and with which measures: ``{"reportkit": {"answers": {"ciso.audits": ["A01"]}}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportkit.errors import DataError, from_os, nearest

#: The suite, in the order of reading.
REPORTS = ("board", "posture", "risk", "audit", "investment", "programme", "incidents", "unit")


@dataclass(frozen=True)
class Question:
    """Something that a reader wants to see answered.

    Attributes:
        id: stable name; the part before the point is who asks.
        words: the question as a subject.
        measures: those that must be shown for it, all of them, by one report or several.
    """

    id: str
    words: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """Where a question is answered.

    Attributes:
        report: the notebook's name.
        section: the heading above the cell.
        cell: the call that shows it.
        measures: what it shows for the question.
    """

    report: str
    section: str
    cell: str
    measures: tuple[str, ...]


QUESTIONS = (
    Question("overview.protect", "Protect sensitive data and assets", ("K02", "K04", "K06", "K07", "R01")),
    Question("overview.compliance", "Compliance", ("C01", "C02", "C03", "C04")),
    Question("overview.trust", "Customer trust", ("U03",)),
    Question("overview.balance", "Balance with profitability and innovation", ("G01", "E01", "E02", "E03")),
    Question("security.policies", "Security leader: policies and procedures", ("P01", "C04")),
    Question("security.compliance", "Security leader: regulation and standards", ("C01", "C02", "C03", "N06")),
    Question("security.risk", "Security leader: oversee risk management", ("R01", "R02", "R03", "R04", "R05", "Q01", "Q02", "Q03", "Q04", "Q05")),
    Question("security.response", "Security leader: lead incident response, minimise damage", ("N01", "N02", "N03", "N04", "N05", "N06")),
    Question("business.growth", "Business leader: growth and strategic objectives", ("G01",)),
    Question("business.balance", "Business leader: investment, goals and budget", ("B01", "B02", "B03", "E01", "E02", "E03")),
    Question("business.collaborate", "Business leader: measures that support operations", ("G02",)),
    Question("business.culture", "Business leader: security-aware culture", ("W01", "W02", "W03")),
    Question("case.roi", "Business case: return on investment", ("E01", "E02")),
    Question("case.savings", "Business case: savings from prevented breaches", ("Q02", "E03")),
    Question("case.experience", "Business case: user experience and trust", ("U01", "U02")),
    Question("case.satisfaction", "Business case: customer satisfaction and retention", ("U03",)),
    Question("case.goals", "Business case: goals and operational needs", ("G01",)),
    Question("case.productivity", "Business case: no hindrance of productivity or growth", ("U01", "U02")),
    Question("case.confidentiality", "Business case: protect sensitive information", ("K02", "K04")),
    Question("case.integrity", "Business case: accuracy, availability, continuity", ("K06", "N04")),
    Question("ciso.policies", "CISO: policies and procedures", ("P01",)),
    Question("ciso.compliance", "CISO: ensure compliance", ("C01", "C02", "C03")),
    Question("ciso.risks", "CISO: risks to information assets", ("R01", "R02", "R03", "R04", "R05")),
    Question("ciso.response", "CISO: incident response and recovery", ("N03", "N04", "K06")),
    Question("ciso.audits", "CISO: audits and assessments", ("A01", "A02", "A03", "A04")),
    Question("ciso.processes", "CISO: security in business processes", ("G02",)),
    Question("ciso.budget", "CISO: budget and resources", ("B01", "B02", "B03")),
    Question("ciso.threats", "CISO: threats and technologies", ("V02", "V07")),
    Question("ciso.posture", "CISO: report posture to senior management", ("V03", "V04", "K07", "K04", "N03", "N06", "R01", "Q02", "A02", "B01")),
    Question("team.culture", "Team: foster culture", ("W02", "W03")),
    Question("team.measures", "Team: implement measures", ("K01", "K02", "K03", "K05", "K06", "K07", "J01")),
    Question("team.educate", "Team: educate employees", ("W01",)),
    Question("team.technologies", "Team: select and deploy technologies", ("B03", "J01")),
    Question("team.incidents", "Team: resolve incidents promptly", ("N02", "N03", "N04")),
    Question("team.improve", "Team: improve continuously", ("N05", "A04", "E03")),
)  # fmt: skip


def answers(notebooks: Mapping[str, Path]) -> dict[str, list[Answer]]:
    """Give the answers to each question, in the order of the reports and their cells.

    Args:
        notebooks: a report's name and its file; those that are no report of the suite may carry answers too.

    Raises:
        DataError: a notebook cannot be read, or a cell answers a question that nobody asks.
    """
    found: dict[str, list[Answer]] = {question.id: [] for question in QUESTIONS}
    order = [*(r for r in REPORTS if r in notebooks), *sorted(set(notebooks) - set(REPORTS))]
    for report in order:
        section = ""
        for cell in _cells(notebooks[report]):
            source = "".join(cell.get("source", ""))
            if cell.get("cell_type") == "markdown":
                heads = [line.lstrip("# ") for line in source.splitlines() if line.startswith("#")]
                section = heads[-1] if heads else section
            given = cell.get("metadata", {}).get("reportkit", {}).get("answers", {})
            for id_, measures in given.items():
                if id_ not in found:
                    raise DataError(f"{notebooks[report].name}: a cell answers {id_!r}, which is no question; {nearest(id_, found)}")  # fmt: skip
                found[id_].append(Answer(report, section, source.strip(), tuple(measures)))
    return found


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except OSError as error:
        raise from_os(error, f"Reading {path}") from error
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{path.name} is not a notebook.") from None
    return cells


def unanswered(found: Mapping[str, list[Answer]]) -> dict[str, tuple[str, ...]]:
    """Give the questions that nothing answers in full, each with the measures that no cell shows for it."""
    lacking = {}
    for question in QUESTIONS:
        shown = {id_ for answer in found[question.id] for id_ in answer.measures}
        left = tuple(id_ for id_ in question.measures if id_ not in shown)
        if left or not found[question.id]:
            lacking[question.id] = left
    return lacking
