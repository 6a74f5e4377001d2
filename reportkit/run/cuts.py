"""Writes the editions of a run into its folder, from what the notebook said once; nothing is computed again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reportkit import gates
from reportkit.editions import FOLDER
from reportkit.run import formats
from reportkit.run.formats import Keep, Written

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from reportkit.config import Settings
    from reportkit.render.cutting import Cut
    from reportkit.render.model import Document
    from reportkit.run.stages import Stages


@dataclass(frozen=True)
class Made:
    """One edition as written.

    Attributes:
        name: of the edition.
        cut: what it says, and what it does not.
        written: what the formats came to.
    """

    name: str
    cut: Cut
    written: Written

    def told(self) -> dict[str, Any]:
        """Say of it what the manifest keeps."""
        counts = self.cut.counts
        return {
            "classification": self.cut.document.cover.classification,
            "audience": self.cut.document.cover.audience,
            "left_out": list(self.cut.left_out),
            "redacted": {"cells": counts.cells, "rows": counts.rows, "places": counts.places, "withheld": counts.withheld},
            "pages": self.written.sheets,
        }  # fmt: skip


def write(
    document: Document,
    kinds: Collection[str],
    settings: Settings,
    said: Mapping[str, Any],
    *,
    keep: Keep,
    stages: Stages,
    names: Collection[str] | None = None,
) -> list[Made]:
    """Write the editions of a report.

    Args:
        document: all that the notebook says, with its cover and status.
        kinds: of html, pdf and email.
        settings: of the workspace.
        said: the manifest, as far as it is written.
        keep: takes each finished file by its name in the run's folder.
        stages: told which edition is being written.
        names: which ones; all that the configuration has of this report when None.
    """
    from reportkit.render.cutting import cut

    made = []
    for name, asked in settings.cuts(said["report"], names).items():
        with stages.stage(f"Cut the edition {name}"):
            found = cut(document, name, asked)

        def place(file: str, data: bytes, folder: str = f"{FOLDER}/{name}/") -> None:
            keep(folder + file, data)

        written = formats.write(
            found.document,
            kinds,
            settings,
            name=f"{said['report']}-{said['period']}-{name}.pdf",
            keep=place,
            stages=stages,
        )
        made.append(Made(name, found, written))
    return made


def judged(
    made: Collection[Made], notebook: NotebookNode | Mapping[str, Any]
) -> Iterator[gates.Gate]:
    """Give the gates that an edition fails, each with the name of the edition."""
    for one in made:
        evidence = gates.Evidence(
            notebook=notebook,
            bound={},
            document=one.cut.document,
            pages=one.written.pages,
            conformance=one.written.conformance,
            warnings=one.written.warnings,
        )
        for gate in gates.artefacts(evidence):
            if gate.result == "fail":
                yield replace(gate, reason=f"edition {one.name}: {gate.reason}")
