"""``reportkit lab``: JupyterLab on the workspace, talking to nobody but the browser of this machine."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from importlib import util
from pathlib import Path
from typing import Annotated

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import WorkspaceOption
from reportkit.errors import ConfigError, UsageError, from_os

#: Where the notebooks to learn from lie in a workspace.
EXPLORE = "explore"
_JOBS = "reportkit.run.jupyter_scheduler"
#: A socket's path may be this long (108 bytes on Linux, the last one zero).
_SOCKET_PATH = 107
_SOCKET_NAME = "/kernel-00000000-0000-0000-0000-000000000000-ipc-5"


def lab(
    *,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=1, max=65535, metavar="N", help="By default 8888, or the next free one."
        ),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Whether to open a browser.")] = True,
    workspace: WorkspaceOption = None,
) -> None:
    """Open JupyterLab on the workspace, with notebooks to explore its data; Ctrl-C ends it.

    It listens on this machine only, behind a token that is drawn at each start, and asks nothing of the network.
    """
    place = options.workspace(workspace)
    check(port)
    added = explore(place)
    if added:
        screen.say(f"{screen.short(place / EXPLORE)}/: {', '.join(added)}")
    command = [sys.executable, "-m", "jupyterlab", *arguments(place, port=port, browser=browser)]
    sys.stdout.flush()
    try:
        os.execve(command[0], command, environment(dict(os.environ)))  # noqa: S606 - this very interpreter
    except OSError as error:
        raise from_os(error, "Starting JupyterLab") from error


def check(port: int | None) -> None:
    """Refuse to start what would not, in a sentence of ours.

    Raises:
        ConfigError: JupyterLab is not installed beside this Python.
        UsageError: somebody listens on the port already, or it is not for this user.
    """
    if util.find_spec("jupyterlab") is None:
        raise ConfigError(
            f"JupyterLab is not installed beside {sys.executable}; type '{sys.executable} -m pip install jupyterlab'."
        )
    if port is None:
        return
    with socket.socket() as trial:
        # As the server does: a port that was just left is free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(
                f"Port {port} cannot be listened on ({reason}); name another one with --port, or leave it out for the first that is free."
            ) from None


def arguments(place: Path, *, port: int | None = None, browser: bool = True) -> list[str]:
    """Give the options that JupyterLab is started with.

    Args:
        place: the workspace.
        port: to listen on; None for the first that is free.
        browser: whether a browser is opened.
    """
    found = [
        f"--ServerApp.root_dir={place}",
        # Heard on this machine only; the token is drawn at random and stands in a file that only its owner reads.
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.allow_remote_access=False",
        # A kernel listens on sockets of the file system, not on ports that every user of the machine can reach.
        "--KernelManager.transport=ipc",
        # Nothing is fetched: no news, no newer version, no list of extensions.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--LabApp.collaborative=False",
    ]
    if util.find_spec("jupyter_scheduler") is not None:
        # Its jobs write our formats too.
        found += [f"--SchedulerApp.environment_manager_class={_JOBS}.Environments", f"--Scheduler.execution_manager_class={_JOBS}.Execution"]  # fmt: skip
    if port is not None:
        found += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        found.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # In a container there is often nobody else; whoever types this is root already.
        found.append("--allow-root")
    return found


def environment(given: dict[str, str]) -> dict[str, str]:
    """Give JupyterLab's environment: our page settings first, and this Python's commands before others."""
    from reportkit import resources

    ours = str(resources.templates() / "lab")
    return {
        **given,
        "JUPYTER_RUNTIME_DIR": _runtime(given.get("JUPYTER_RUNTIME_DIR")),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(
            filter(None, (ours, given.get("JUPYTER_CONFIG_PATH")))
        ),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), given.get("PATH", os.defpath))),
    }


def _runtime(given: str | None) -> str:
    """Give where the sockets of kernels lie: Jupyter's own place, or a short private one where that is too long for a socket."""
    from jupyter_core.paths import jupyter_runtime_dir

    folder = given or jupyter_runtime_dir()
    if len(os.fsencode(folder + _SOCKET_NAME)) <= _SOCKET_PATH:
        return folder
    base = tempfile.gettempdir()
    fits = len(os.fsencode(f"{base}/rk-xxxxxxxx{_SOCKET_NAME}")) <= _SOCKET_PATH
    return tempfile.mkdtemp(prefix="rk-", dir=base if fits else "/tmp")  # noqa: S108 - a private folder in it


def explore(place: Path) -> list[str]:
    """Put the notebooks to learn from into a workspace; one that is there stays as it is.

    Args:
        place: the workspace.

    Returns:
        The names of those that were added.

    Raises:
        TemporaryError: the folder cannot be written.
    """
    from reportkit import resources

    added = []
    try:
        for source in sorted((resources.bundled("notebooks") / EXPLORE).glob("*.ipynb")):
            own = place / EXPLORE / source.name
            if not own.exists():
                own.parent.mkdir(exist_ok=True)
                own.write_bytes(source.read_bytes())
                added.append(source.stem)
    except OSError as error:
        raise from_os(error, f"Writing {place / EXPLORE}") from error
    return added
