"""A kernel's surroundings: its interpreter, its private sockets, its environment."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

#: Longest path of a socket that every Unix allows.
_SOCKET_PATH = 100


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """Give a folder that only this user can enter, with a name short enough for a socket."""
    base = tempfile.gettempdir()
    if len(base) > _SOCKET_PATH - len("/rk-xxxxxxxx/s-5"):
        base = "/tmp"  # noqa: S108 - mkdtemp makes a private folder in it
    folder = Path(tempfile.mkdtemp(prefix="rk-", dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _OwnKernel(KernelSpecManager):
    """Offers this interpreter as the one kernel there is, whatever kernels are registered on the machine."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002 - every name is this one
        """Give the kernel of any name."""
        return KernelSpec(
            argv=[
                sys.executable,
                "-P",
                "-m",
                "reportkit.workers.launch",
                "-f",
                "{connection_file}",
            ],
            display_name="Python 3",
            language="python",
        )


def manager(folder: Path) -> AsyncKernelManager:
    """Give the manager of a kernel whose sockets lie in a folder."""
    return AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=_OwnKernel(),
        transport="ipc",
        ip=str(folder / "s"),
        connection_file=str(folder / "kernel.json"),
    )


#: Hashing is fixed so that sets come in the same order in every run; sums of floats must not depend on how many cores
#: add them, and a library that starts threads of its own cannot be forked.
FIXED = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


def environment() -> dict[str, str]:
    """Give the environment of a process that runs cells."""
    return {**os.environ, **FIXED}
