"""Puts into the workspace what a machine that does not see it has made: looked at first, whole or not at all, and once."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from reportkit import archives
from reportkit.errors import DataError, ReportkitError, TemporaryError
from reportkit.run import manifest as evidence
from reportkit.run import private, schema, surroundings
from reportkit.run.far import READ, RUN
from reportkit.run.folder import KEPT, MANIFEST, NOTEBOOK, Staging, series

_NAME = re.compile(r"\d{8}T\d{9}Z-[0-9a-f]{8}(-\d+)?")


def landed(job: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Put the run of an answer in its place.

    Args:
        job: what was asked for.
        answer: what :func:`reportkit.run.far.apart` gave.

    Returns:
        The answer as :func:`reportkit.run.jobs.work` gives it.

    Raises:
        DataError: what came is not what was asked for, or not what its manifest lists; nothing is written.
        TemporaryError: it cannot be written, or the place is taken.
    """
    found = {name: value for name, value in answer.items() if name not in {"packed", "sha256"}}
    if "packed" not in answer:
        return found
    with tempfile.TemporaryDirectory(prefix="rk-landing-") as folder:
        archives.unpack_bytes(answer["packed"], Path(folder), sha256=answer["sha256"])
        said = _checked(Path(folder) / RUN, job, failed="error" in answer)
        read = _read(Path(folder), said, job)
        place = _put(job, said, Path(folder) / RUN, read)
    if "error" not in found:
        return {"folder": str(place), "state": said["state"]}
    kept = place / NOTEBOOK
    with suppress(ValueError):
        kept = kept.relative_to(Path.cwd())
    return {"error": {**found["error"], "message": f"{found['error']['message']}{KEPT}{kept}"}}


def _checked(run: Path, job: Mapping[str, Any], *, failed: bool) -> dict[str, Any]:
    """Give the manifest of a run that is the one asked for, with the files it lists and no other."""
    try:
        said: dict[str, Any] = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
        schema.Manifest.model_validate(said)
        asked = (Path(job["report"]).stem, job["period"], job["unit"] or "", job["key"], job["ticket"])  # fmt: skip
        same = tuple(said[name] for name in ("report", "period", "unit", "key", "ticket")) == asked
        same = same and (said["state"] == "failed") == failed and bool(_NAME.fullmatch(said["run_id"]))  # fmt: skip
        listed = {name: one["sha256"] for name, one in said.get("artefacts", {}).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        same, listed = False, {}
    if not same:
        raise DataError(f"What came back for {_who(job)} is not the run that was asked for; nothing of it was kept. Look after the workers.")  # fmt: skip
    there = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.is_file()}
    wrong = {MANIFEST, NOTEBOOK, *listed} ^ set(there)
    wrong |= {name for name, sha256 in listed.items() if name in there and hashlib.sha256(there[name].read_bytes()).hexdigest() != sha256}  # fmt: skip
    if wrong:
        raise DataError(f"What came back for {_who(job)} is not what its manifest lists ({min(wrong)}); nothing of it was kept. Look after the workers.")  # fmt: skip
    return said


def _read(folder: Path, said: Mapping[str, Any], job: Mapping[str, Any]) -> list[bytes]:
    """Give what the run read, which its manifest names by hash; nothing else may have come."""
    named = {said["settings"], said["notebook"]["sha256"], *said["files"].values()}
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.relative_to(folder).parts[0] != RUN]  # fmt: skip
    content = [path.read_bytes() for path in found]
    strange = [path.name for path, one in zip(found, content, strict=True) if path.parent != folder / READ or hashlib.sha256(one).hexdigest() not in named]  # fmt: skip
    if strange:
        raise DataError(f"What came back for {_who(job)} holds more than the run and what it read ({min(strange)}); nothing of it was kept. Look after the workers.")  # fmt: skip
    return content


def _put(job: Mapping[str, Any], said: Mapping[str, Any], run: Path, read: list[bytes]) -> Path:
    workspace = Path(job["workspace"])
    place = series(workspace, said["report"], said["period"], job["unit"]) / said["run_id"]
    staging = Staging(place)
    try:
        if staging.place != place:
            # The name stands in the report itself.
            raise TemporaryError(f"Another run of {_who(job)} was begun in the same moment and has the name {said['run_id']}; run it again.")  # fmt: skip
        for path in sorted(run.rglob("*")):
            if path.is_file() and (name := path.relative_to(run).as_posix()) != MANIFEST:
                staging.write(name, path.read_bytes())
        for content in read:
            surroundings.keep(workspace, content)
        if said["state"] == "failed":
            return staging.fail(said)
        private.sign(workspace, said["run_id"], evidence.user())
        return staging.publish(said)
    except ReportkitError:
        staging.discard()
        raise


def _who(job: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (Path(job["report"]).stem, job["period"], job["unit"])))
