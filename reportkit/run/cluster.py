"""The workers of a Dask cluster: in the workspace's folder where all of them see it, else in copies that are sent to them."""

from __future__ import annotations

import hashlib
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

from reportkit.errors import TemporaryError, UsageError, from_os
from reportkit.layout import RUNS
from reportkit.run import far, kit, landing
from reportkit.run.code import code
from reportkit.run.executors import Place

#: What ``?share=`` says; without it the workers are asked.
_SHARES = {"yes": True, "no": False, "": None}


@contextmanager
def opened(text: str, workspace: Path, surroundings: Mapping[str, str]) -> Iterator[Place]:
    """Open a cluster.

    Args:
        text: ``HOST:PORT`` of its scheduler, or that with ``?share=yes`` or ``?share=no``.
        workspace: the folder with ``reportkit.toml``.
        surroundings: what warm processes are told of the data they need.

    Raises:
        UsageError: the library is not installed, nobody answers, an option is not known, or the workspace is too large to be sent.
        TemporaryError: the workspace cannot be read or written.
    """
    address, share = _asked(text)
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            "A Dask cluster needs the extra 'cluster'; install reportkit-security[cluster]."
        ) from None
    try:
        client: Any = cast("Any", Client)(f"tcp://{address}", timeout="10s", set_as_default=False)
    except OSError as error:
        raise UsageError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}); check the address."
        ) from None
    with client, _marked(workspace.resolve()) as mark:
        threads = sum(client.nthreads().values())
        # Two for each thread: one that is made, and one that is there when it ends.
        width = max(2 * threads, 2)
        executor = client.get_executor(pure=False, retries=3)
        same = {"surroundings": {**surroundings}, "code": code(), "mark": str(mark)}
        if _seen(client, mark, address) if share is None else share:
            yield Place(lambda job, _: executor.submit(far.shared, {**job, **same}), width, f"Dask at {address}")  # fmt: skip
            return
        packed = kit.pack(workspace)
        same["copy"] = hashlib.sha256(packed).hexdigest()
        with warnings.catch_warnings():
            # It is large, and is sent once.
            warnings.filterwarnings("ignore", message="Sending large graph")
            # What is the result of a task is made again when the workers that held it are lost; what was scattered is gone.
            sent = client.submit(bytes, packed, pure=False)
        yield Place(
            lambda job, _: executor.submit(far.apart, {**job, **same, "notebook": _given(job)}, sent),
            width, f"Dask at {address}", landing.landed,
        )  # fmt: skip


def _asked(text: str) -> tuple[str, bool | None]:
    address, _, options = text.partition("?")
    given = dict(parse_qsl(options, keep_blank_values=True))
    share = given.pop("share", "")
    if given or share not in _SHARES:
        raise UsageError(f"Executor 'dask://{text}' has an option that is not known; ?share=yes and ?share=no are.")  # fmt: skip
    return address, _SHARES[share]


@contextmanager
def _marked(workspace: Path) -> Iterator[Path]:
    """Make a file by which a worker can tell the workspace from another folder at its path; it lasts as long as this."""
    mark = workspace / RUNS / f".{uuid.uuid4().hex}.part"
    try:
        mark.parent.mkdir(exist_ok=True)
        mark.touch(exist_ok=False)
    except OSError as error:
        raise from_os(error, "Writing the run") from error
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)


def _seen(client: Any, mark: Path, address: str) -> bool:
    """Say whether all workers see the workspace; where there is none yet, nobody knows that of those to come."""
    try:
        said = client.run(far.sees, str(mark))
    except ImportError:
        raise UsageError(
            f"The workers of the cluster at {address} cannot load reportkit; install reportkit-security[cluster] there, the same release."
        ) from None
    except OSError as error:
        raise TemporaryError(f"The workers of the cluster at {address} do not answer ({type(error).__name__}); try again.") from None  # fmt: skip
    return bool(said) and all(said.values())


def _given(job: Mapping[str, Any]) -> str | None:
    """Give the text of a notebook that is named by its path, which no worker may have."""
    path = Path(job["report"])
    if path.suffix != ".ipynb":
        return None
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"notebook {job['report']!r} cannot be read ({error}); check the path.") from None  # fmt: skip
