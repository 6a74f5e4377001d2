"""What the readers of other tools' scenarios share: rows that fit, and those that have no place, each by name."""

from __future__ import annotations

from dataclasses import dataclass, field

from reportkit.sources.findings import table_of
from reportkit.sources.model import Problem, Records

Row = dict[str, str]


@dataclass
class Scenarios:
    """Scenarios of one file as they are found."""

    rows: list[tuple[int, Row]] = field(default_factory=list)
    refused: list[tuple[int, str, Row]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, number: int, row: Row) -> None:
        """Take a scenario."""
        self.rows.append((number, row))

    def refuse(self, number: int, name: str, why: str) -> None:
        """Leave a scenario out, and say why."""
        self.refused.append((number, why, {"scenario_id": name}))
        self.problems.append(Problem(number, None, name, why))

    def records(self) -> Records:
        """Give what was found."""
        return Records(
            table="scenarios",
            rows=table_of([row for _, row in self.rows]),
            numbers=[number for number, _ in self.rows],
            records=len(self.rows) + len(self.refused),
            refused=self.refused,
            problems=self.problems,
        )
