"""Reports on the workers of a cluster: in the folder of the workspace, or in a copy of it where a worker does not see that.

A copy is unpacked once for each worker, into a folder that nobody else may enter, and lasts until another takes its place or
the worker ends. What a report leaves in it goes back as one zip; whoever asked for the report puts it in its place.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import socket
import tempfile
import zipfile
from atexit import register as register_exit
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from reportkit import archives
from reportkit.errors import ConfigError, UsageError
from reportkit.layout import series
from reportkit.run import jobs, surroundings
from reportkit.run.code import code
from reportkit.run.folder import ARTEFACTS, KEPT, MANIFEST, manifest

if TYPE_CHECKING:
    from reportkit.workers.pool import WarmPool

#: Bytes up to which a run comes back.
MOST = 256 << 20
#: In the zip that comes back: the run, and what it read.
RUN, READ = "run", "read"
#: Already packed as they are.
_PACKED = frozenset(Path(ARTEFACTS[name]).suffix for name in ("pdf", "pptx", "xlsx"))


def sees(mark: str) -> bool:
    """Say whether this machine sees a file that was made a moment ago where the workspace is."""
    return Path(mark).is_file()


def shared(job: Mapping[str, Any]) -> dict[str, Any]:
    """Make the report of a job in the workspace's own folder.

    Raises:
        ConfigError: this machine does not see it, or has another release.
    """
    _refuse_other(job)
    if not sees(job["mark"]):
        raise ConfigError(
            f"The worker on {socket.gethostname()} does not see {job['workspace']}; share the folder with it under that path, or "
            "write ?share=no behind the scheduler's address."
        )
    return jobs.anywhere(job)


def apart(job: Mapping[str, Any], packed: bytes) -> dict[str, Any]:
    """Make the report of a job in a copy of the workspace.

    Args:
        job: as for :func:`reportkit.run.jobs.work`, with ``copy``, the SHA-256 of the zip, and ``notebook``, the text of one
            that was named by its path.
        packed: the zip; see :mod:`reportkit.run.kit`.

    Returns:
        As :func:`reportkit.run.jobs.work`, with the folder itself packed, where one was left.

    Raises:
        ConfigError: this machine has another release.
    """
    _refuse_other(job)
    with _copied(job, packed) as copy:
        here = {**job, "workspace": str(copy.folder), "report": _named(copy.folder, job)}
        answer = copy.pool.call(jobs.JOB, here, lambda _: None) if copy.pool else jobs.work(here)
        return _sent(copy.folder, job, answer)


def _refuse_other(job: Mapping[str, Any]) -> None:
    """Refuse to make other bytes than were asked for."""
    if job["code"] != code():
        raise ConfigError(
            f"The worker on {socket.gethostname()} has another release of reportkit, or other templates, than where the reports were "
            "asked for; install the same on both."
        )


@dataclass
class _Copy:
    folder: Path
    pool: WarmPool | None
    stack: ExitStack
    users: int = 0


_copies: dict[str, _Copy] = {}
_lock = Lock()


@contextmanager
def _copied(job: Mapping[str, Any], packed: bytes) -> Iterator[_Copy]:
    """Give the copy of a workspace; one that nobody uses any more goes when another comes."""
    with _lock:
        if job["copy"] not in _copies:
            for old in [name for name, one in _copies.items() if not one.users]:
                _copies.pop(old).stack.close()
            _copies[job["copy"]] = _unpacked(job, packed)
        copy = _copies[job["copy"]]
        copy.users += 1
    try:
        yield copy
    finally:
        with _lock:
            copy.users -= 1


def _unpacked(job: Mapping[str, Any], packed: bytes) -> _Copy:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="reportkit-", dir=_room())).resolve()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        archives.unpack_bytes(packed, folder, sha256=job["copy"])
        pool = None
        if jobs.forks():
            # What is to be held in memory is named by the folder it is read from.
            there, here = json.dumps(job["workspace"]), json.dumps(str(folder))
            held = {name: text.replace(there, here) for name, text in job["surroundings"].items()}
            pool = stack.enter_context(jobs.warm(surroundings=held))
        kept = stack.pop_all()
    register_exit(kept.close)
    return _Copy(folder, pool, kept)


def _room() -> str | None:
    """Give the worker's own folder, which the cluster clears behind one that was killed; None where there is none."""
    try:
        from distributed import get_worker

        return str(get_worker().local_directory)
    except (ImportError, ValueError):
        return None


def _named(folder: Path, job: Mapping[str, Any]) -> str:
    """Give the report's name, or the place of a notebook that was named by its path."""
    if job.get("notebook") is None:
        return str(job["report"])
    digest = hashlib.sha256(job["notebook"].encode()).hexdigest()
    place = folder / ".given" / digest / Path(job["report"]).name
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False, encoding="utf-8", newline="") as file:  # fmt: skip
            file.write(job["notebook"])
        Path(file.name).replace(place)
    return str(place)


def _sent(folder: Path, job: Mapping[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Give an answer as it goes back: without a path of this machine, and with the run itself."""
    answer = {**answer}
    if "error" in answer:
        said = answer["error"]["message"].partition(KEPT)[0].replace(str(folder), job["workspace"])
        answer["error"] = {**answer["error"], "message": said}
    place = series(folder, Path(job["report"]).stem, job["period"], job["unit"])
    left = [path.parent for path in sorted(place.glob(f"*/{MANIFEST}")) if manifest(path.parent).get("ticket") == job["ticket"]]  # fmt: skip
    if not left:
        return answer
    answer.pop("folder", None)
    try:
        content = packed(folder, left[-1])
    except UsageError as error:
        return {"error": {"kind": type(error).__name__, "message": error.message}}
    finally:
        shutil.rmtree(left[-1], ignore_errors=True)
    return answer | {"packed": content, "sha256": hashlib.sha256(content).hexdigest()}


def packed(workspace: Path, folder: Path, most: int = MOST) -> bytes:
    """Pack a run, and what it read.

    Raises:
        UsageError: it is too large to be sent.
    """
    said = manifest(folder)
    read = (surroundings.kept(workspace, one) for one in (said["settings"], said["notebook"]["sha256"], *said["files"].values()))  # fmt: skip
    files = {f"{RUN}/{path.relative_to(folder).as_posix()}": path for path in sorted(folder.rglob("*")) if path.is_file()}  # fmt: skip
    files |= {f"{READ}/{path.name}": path for path in read if path.is_file()}
    size = sum(path.stat().st_size for path in files.values())
    if size > most:
        raise UsageError(
            f"The files of the run are {size / (1 << 20):,.1f} MiB, and at most {most / (1 << 20):,g} MiB come back from a machine that does "
            "not see the workspace; share the folder with it under the same path."
        )
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as archive:
        for name, path in files.items():
            how = zipfile.ZIP_STORED if path.suffix in _PACKED else zipfile.ZIP_DEFLATED
            archive.write(path, name, how)
    return page.getvalue()
