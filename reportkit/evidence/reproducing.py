"""Makes a run again from its pack, in a workspace of its own, and compares every byte."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from reportkit import __version__, config
from reportkit.errors import DataError, UsageError
from reportkit.evidence import checking, pack
from reportkit.evidence.differences import MOST, Range, cells, ranges
from reportkit.ledger import Ledger, journal, rebuild
from reportkit.run import Outcome, Request, edition
from reportkit.run import manifest as made_with
from reportkit.run.folder import ARTEFACTS, FINAL, MANIFEST, manifest
from reportkit.run.report import run

#: What of two manifests must be the same for two runs to be, with how a person calls it.
_CAUSES = {
    "notebook": "the notebook", "settings": "the settings", "files": "the workspace's words, measures or rules", "extracts": "the rows",
    "told": "what had been told", "parameters": "the parameters", "seed": "the seed", "templates": "the templates of reportkit",
    "code": "the code of reportkit",
}  # fmt: skip

Make = Callable[[Request, datetime], Outcome]


@dataclass(frozen=True, kw_only=True)
class Reproduced:
    """What came of it.

    Attributes:
        said: the manifest of the run.
        files: every file that was compared, and the ranges in which it differs.
        cells: what differs in the notebook, cell by cell.
        causes: what may explain it, in words.
        versions: packages that are others now: then and now, by name.
    """

    said: Mapping[str, Any]
    files: Mapping[str, tuple[Range, ...]]
    cells: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    versions: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        """Whether every byte is the same."""
        return not any(self.files.values())

    @property
    def install(self) -> str:
        """What to install to get the same bytes; empty when nothing else is to be."""
        if self.same or not self.versions:
            return ""
        names = {"reportkit": "reportkit-security"}
        wanted = [f"{names.get(name, name)}=={then}" for name, (then, _) in self.versions.items() if name != "python" and then != "not installed"]  # fmt: skip
        python = self.versions.get("python")
        return " ".join(filter(None, (f"pip install {' '.join(wanted)}" if wanted else "", f"(Python {python[0]})" if python else "")))  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values for JSON."""
        return {
            "run_id": self.said["run_id"], "same": self.same, "cells": list(self.cells), "causes": list(self.causes),
            "versions": {name: {"then": then, "now": now} for name, (then, now) in self.versions.items()}, "install": self.install,
            "files": {name: [vars(one) for one in found] for name, found in self.files.items()},
        }  # fmt: skip


def reproduce(
    place: Path, tell: Callable[[Any], None] = lambda _: None, make: Make | None = None
) -> Reproduced:
    """Make a run again from a pack that holds its rows.

    Args:
        place: the pack, or the folder it was unpacked into.
        tell: told of each stage.
        make: makes a report as known at an instant; in this process when not given.

    Raises:
        UsageError: it is no pack, or one without rows.
        DataError: a file of it was changed.
        ReportkitError: the notebook fails here, as it would in a run.
    """
    with checking.opened(place) as folder, tempfile.TemporaryDirectory(prefix="rk-again-") as again:
        checked = checking.check(folder)
        if checked.faults:
            raise DataError(f"{checked.faults[0]}; a pack that was changed is not made again.")
        if not (folder / pack.SUMS).is_file():
            raise UsageError(f"{place} is no pack; give one, or a run of this workspace.")
        said = manifest(folder)
        if not (folder / pack.WORKSPACE / "store").is_dir() and said["inputs"]:
            raise UsageError(
                f"{place} holds no rows, so the run cannot be made again from it; make the pack with 'reportkit bundle {said['run_id']} --with-extracts'."
            )
        workspace = _workspace(folder, Path(again))
        request, now = _request(workspace, said), _now(said)
        outcome = make(request, now) if make else run(request, now=now, progress=tell)
        compared = _compared(folder, outcome.folder, said)
        if (folder / FINAL / MANIFEST).is_file():
            # It prints what was judged then: which secrets there are to look for is not known here.
            printed = {**outcome.manifest, "gates": said["gates"]}
            final = edition.make(workspace, outcome.folder, printed)
            compared |= _compared(folder / FINAL, final.folder, manifest(folder / FINAL), under=f"{FINAL}/")  # fmt: skip
        return _explained(said, dict(outcome.manifest), compared)


def _workspace(folder: Path, again: Path) -> Path:
    """Make the workspace that the run saw: settings, words, rows, and what was told by then."""
    workspace = again / "workspace"
    for path in sorted((folder / pack.WORKSPACE).rglob("*")):
        if path.is_file():
            target = workspace / path.relative_to(folder / pack.WORKSPACE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    config.read(workspace)
    lines = journal.read(folder / pack.TOLD)
    # Who let which gate pass is printed in the final edition.
    lines += [(link, row) for link, row in journal.read(folder / pack.LEDGER) if link.of == "releases"]  # fmt: skip
    if lines:
        with Ledger(workspace).writing() as connection:
            rebuild.put(connection, sorted(lines, key=lambda line: line[0].id))
    return workspace


def _request(workspace: Path, said: Mapping[str, Any]) -> Request:
    given = {name: one["value"] for name, one in said["parameters"].items() if one["origin"] == "given"}  # fmt: skip
    return Request(
        workspace=workspace, report=said["report"], period=config.read(workspace).calendar.parse(said["period"]), unit=said["unit"] or None,
        parameters=given, known_by=_instant(said["known_by"]),
        formats=tuple(kind for kind, name in ARTEFACTS.items() if name in said["artefacts"]), editions=tuple(said.get("editions", ())),
    )  # fmt: skip


def _now(said: Mapping[str, Any]) -> datetime:
    """Give the instant at which the run began; what was loaded within that second was known to it."""
    return max(_instant(said["started"]), _instant(said["known_by"]))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))


def _compared(old: Path, new: Path, said: Mapping[str, Any], under: str = "") -> dict[str, tuple[bytes, bytes]]:  # fmt: skip
    """Give the files that were made, then and now."""
    found = {}
    for name in said["artefacts"]:
        path = new / name
        found[f"{under}{name}"] = ((old / name).read_bytes(), path.read_bytes() if path.is_file() else b"")  # fmt: skip
    return found


def _explained(said: Mapping[str, Any], now: Mapping[str, Any], compared: Mapping[str, tuple[bytes, bytes]]) -> Reproduced:  # fmt: skip
    files = {name: tuple(ranges(name, *pair)) if pair[0] != pair[1] else () for name, pair in compared.items()}  # fmt: skip
    if not any(files.values()):
        return Reproduced(said=said, files=files)
    today = made_with.versions()
    versions = {
        name: (then, today.get(name, "not installed"))
        for name, then in said["versions"].items()
        if today.get(name) != then
    }
    causes = [f"{words} differ{'' if words.endswith('s') else 's'}" for name, words in _CAUSES.items() if said.get(name) != now.get(name)]  # fmt: skip
    if said["versions"].get("reportkit") != __version__:
        causes.append(f"reportkit {said['versions'].get('reportkit')} made it, and this is {__version__}")  # fmt: skip
    notebook = compared.get("notebook.ipynb")
    inside = cells(*notebook) if notebook else []
    if not inside:
        causes.append("the executed notebook is the same, so only how it was written differs")
    alike = not versions and not any(said.get(name) != now.get(name) for name in _CAUSES)
    if alike and inside:
        causes.append("all inputs and versions are the same: a cell gives another result each time (it asks a clock, a network or chance), or this machine rounds otherwise")  # fmt: skip
    elif alike:
        causes.append("all inputs and versions are the same: a package under those that are named, or the machine, is another one")  # fmt: skip
    return Reproduced(
        said=said, files=files, cells=tuple(inside[:MOST]), causes=tuple(causes), versions=versions
    )
