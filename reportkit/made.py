"""What a run left: its folder and what its manifest says, read without opening a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.exhibit import Exhibit
from reportkit.layout import RUNS

if TYPE_CHECKING:
    from reportkit.facts import Block, Cell, Tone
    from reportkit.ledger import Ledger

MANIFEST = "manifest.json"
_TONES: dict[str, Tone] = {
    "failed": "bad", "held": "bad", "final": "good", "approved": "good", "superseded": "none", "draft": "neutral",
}  # fmt: skip
_RESULTS: dict[str, Tone] = {"pass": "good", "fail": "bad"}


@dataclass(frozen=True, repr=False)
class Run(Exhibit):
    """A run that ended.

    Attributes:
        folder: where notebook, artefacts and manifest are.
        manifest: what ``manifest.json`` says.
        state: ``draft``, ``held`` when a check keeps it back, ``failed``; or what became of it since: ``approved``, ``final``, ``superseded``.
    """

    folder: Path
    manifest: Mapping[str, Any]
    state: str

    @property
    def name(self) -> str:
        """Its name: when it began, and a short hash."""
        return str(self.manifest.get("run_id") or self.folder.name)

    @property
    def report(self) -> str:
        """The report."""
        return str(self.manifest.get("report", ""))

    @property
    def period(self) -> str:
        """Key of the period."""
        return str(self.manifest.get("period", ""))

    @property
    def unit(self) -> str:
        """The business unit; empty for the whole firm."""
        return str(self.manifest.get("unit") or "")

    @property
    def began(self) -> str:
        """When it began, UTC, to the minute."""
        return str(self.manifest.get("started") or "")[:16].replace("T", " ")

    @property
    def checks(self) -> tuple[tuple[str, str, str], ...]:
        """Name, result and reason of each check between rendered and sent."""
        return tuple((str(one["name"]), str(one["result"]), str(one.get("reason") or "")) for one in self.manifest.get("gates", ()))  # fmt: skip

    @property
    def held_by(self) -> tuple[str, ...]:
        """The checks that hold it."""
        return tuple(name for name, result, _ in self.checks if result == "fail")

    @property
    def _passed(self) -> str:
        results = [result for _, result, _ in self.checks if result in _RESULTS]
        return f"{results.count('pass')} of {len(results)} passed"

    @property
    def failure(self) -> str:
        """Why it failed, in one sentence; empty when it did not."""
        return str((self.manifest.get("error") or {}).get("message", "")).split("\n")[0]

    @property
    def files(self) -> dict[str, Path]:
        """The files that it made, by name."""
        return {name: self.folder / name for name in self.manifest.get("artefacts", {})}

    @property
    def tone(self) -> Tone:
        """How its state is coloured."""
        return _TONES.get(self.state, "neutral")

    def __repr__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"<Run {self.report} {self.period}{unit}: {self.state}, in {self.folder}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit.facts import Cell, Column, Table

        said = self.manifest
        rows: list[tuple[Cell, ...]] = [
            _pair("State", Cell(text=self.state, kind="status", tone=self.tone)),
            _pair("Begun", Cell(text=f"{self.began} UTC")),
            _pair("As of", Cell(text=str(said.get("as_of") or "–"))),
            *([_pair("Failed", Cell(text=self.failure))] if self.failure else ()),
            *([_pair("Checks", Cell(text=self._passed))] if self.checks else ()),
            *(
                _pair(name, Cell(text=result, kind="status", tone=_RESULTS.get(result, "none"), sub=reason))
                for name, result, reason in self.checks
                if result == "fail"
            ),
            *(
                _pair(name, Cell(text=f"{int(one.get('bytes', 0)) / 1000:,.0f} kB"))
                for name, one in said.get("artefacts", {}).items()
            ),
        ]  # fmt: skip
        unit = f", {self.unit}" if self.unit else ""
        title = f"{self.report} {self.period}{unit}: {self.name}"
        columns = (Column(label="What"), Column(label="It says"))
        return (Table(id="run", title=title, columns=columns, rows=tuple(rows), note=str(self.folder)),)  # fmt: skip


def _pair(name: str, cell: Cell) -> tuple[Cell, ...]:
    from reportkit.facts import Cell

    return Cell(text=name, kind="muted"), cell


def runs(workspace: Path, states: Mapping[str, str]) -> Iterator[Run]:
    """Give the runs of a workspace, the latest first; those that are being made have no manifest yet.

    Args:
        workspace: the folder.
        states: what became of a run since it ended, by its name.
    """
    found = sorted((workspace / RUNS).glob(f"*/*/*/*/{MANIFEST}"), key=lambda path: (path.parent.name, path), reverse=True)  # fmt: skip
    for path in found:
        if path.parent.name.startswith("."):
            # It is in the making, or its process ended.
            continue
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            yield Run(path.parent, said, states.get(said["run_id"], said["state"]))
        except (OSError, ValueError, KeyError, TypeError):
            # One that cannot be read is for 'reportkit verify' to tell.
            continue


class Runs(Exhibit, list[Run]):
    """The runs of a workspace, the latest first."""

    _printed = False

    @classmethod
    def of(cls, workspace: Path, ledger: Ledger, report: str = "") -> Runs:
        """Give the runs of a report, or of all; the ledger knows what became of each."""
        states: dict[str, str] = {event.run_id: event.state for event in ledger.events()}
        for one in ledger.publications():
            states.setdefault(one.run_id, "published")
        known = {run_id: "final" if state == "published" else state for run_id, state in states.items()}  # fmt: skip
        return cls(one for one in runs(workspace, known) if report in {"", one.report})

    # A shell's own way of showing lists is not asked.
    _repr_pretty_ = Exhibit._repr_pretty_

    def __repr__(self) -> str:
        latest = f", the latest {self[0].report} {self[0].period}: {self[0].state}" if self else ""
        return f"<{len(self)} runs{latest}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit.facts import Cell, Column, Table

        heads = ("Report", "Period", "Unit", "State", "Begun (UTC)", "Why", "Run")
        rows = tuple(
            (
                *(Cell(text=text) for text in (one.report, one.period, one.unit or "whole firm")),
                Cell(text=one.state, kind="status", tone=one.tone),
                *(Cell(text=text) for text in (one.began, ", ".join(one.held_by) or one.failure, one.name)),
            )
            for one in self
        )  # fmt: skip
        return (
            Table(
                id="runs", title=f"{len(self)} run{'s' * (len(self) != 1)}", columns=tuple(Column(label=head) for head in heads), rows=rows,
                note="Next: ws.runs()[0] with its checks and files, ws.runs('board')" if rows else "",
                empty="No report was run yet; type 'reportkit run board' in a terminal.",
            ),
        )  # fmt: skip
