"""The final edition of a run: written once, before anybody approves it, and the only thing that is ever sent.

The numbers are those of the run: the executed notebook is written again without the word draft, never executed again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportkit import config, gates
from reportkit.errors import HeldError
from reportkit.ledger import approvals, releases
from reportkit.ledger import of as ledger_of
from reportkit.run import formats, lastpage, private
from reportkit.run.folder import ARTEFACTS, FINAL, MANIFEST, NOTEBOOK, Staging, manifest, sweep
from reportkit.run.stages import Stages


@dataclass(frozen=True)
class Edition:
    """The final files of a run.

    Attributes:
        folder: where they lie.
        artefacts: SHA-256 by file name.
        classification: TLP mark on the cover.
    """

    folder: Path
    artefacts: Mapping[str, str]
    classification: str

    @property
    def digest(self) -> str:
        """One hash over all of them: what an approval is bound to."""
        return approvals.digest(self.artefacts)


def make(workspace: Path, folder: Path, said: Mapping[str, Any]) -> Edition:
    """Write the final edition beside the draft, or give the one that is there.

    Args:
        workspace: the folder with ``reportkit.toml``.
        folder: the run.
        said: its manifest.

    Raises:
        HeldError: a gate holds it, or files that were written are others by now.
    """
    kept = read(folder)
    if kept is not None:
        return kept
    from reportkit.render import model

    kinds = [kind for kind, name in ARTEFACTS.items() if name in said["artefacts"]]
    settings = config.read(workspace)
    executed = json.loads((folder / NOTEBOOK).read_text(encoding="utf-8"))
    let = releases.of_run(ledger_of(workspace), said["run_id"])
    document = formats.covered(model.read(executed), settings, said).marked("final")
    document = lastpage.added(document, said, said["gates"], releases=let, finished=True)
    place = folder / FINAL
    # What lies there without a manifest was left by somebody's hand.
    shutil.rmtree(place, ignore_errors=True)
    sweep(folder, older=0)
    staging = Staging(place)
    files: dict[str, bytes] = {}

    def keep(name: str, content: bytes) -> None:
        files[name] = content
        staging.write(name, content)

    try:
        written = formats.write(
            document,
            kinds,
            settings,
            name=f"{said['report']}-{said['period']}.pdf",
            keep=keep,
            stages=Stages(lambda _: None),
        )
        judged = gates.artefacts(
            gates.Evidence(
                notebook=executed,
                bound={},
                document=document,
                pages=written.pages,
                conformance=written.conformance,
                warnings=written.warnings,
                files=files,
                secrets=private.secrets(settings),
                places=private.places(workspace),
            )
        )
        _refuse_held(judged, {one.gate for one in let})
        staging.publish(
            {
                "run_id": said["run_id"],
                "state": "final",
                "classification": document.cover.classification or settings.report.classification,
                "gates": [gate.listed() for gate in judged],
                "releases": [one.to_dict() for one in let],
                "artefacts": {**staging.kept},
            }
        )
    except BaseException:
        staging.discard()
        raise
    made = read(folder)
    assert made is not None  # noqa: S101 - it was put there a line above
    return made


def read(folder: Path) -> Edition | None:
    """Give the final edition of a run, or None when it has none yet.

    Raises:
        HeldError: its files are others than were written.
    """
    place = folder / FINAL
    if not (place / MANIFEST).is_file():
        return None
    said = manifest(place)
    for name, kept in said["artefacts"].items():
        path = place / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != kept["sha256"]:
            raise HeldError(
                f"{path} is not the file that was made final; remove {place} and have the run approved again."
            )
    hashes = {name: kept["sha256"] for name, kept in said["artefacts"].items()}
    return Edition(place, hashes, said.get("classification", ""))


def _refuse_held(judged: Iterable[gates.Gate], released: Collection[str]) -> None:
    if held := [gate for gate in gates.held(judged) if gate.name not in released]:
        reasons = "; ".join(f"{gate.name}: {gate.reason}" for gate in held)
        raise HeldError(f"The final edition is held ({reasons}); nothing was published.")
