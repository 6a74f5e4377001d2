"""``reportkit doctor``: whether everything is in place for a report, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import ConfigError, ReportkitError

State = Literal["good", "watch", "bad"]
_MARKS = {"good": "✓", "watch": "!", "bad": "×"}
#: A run folder takes some 3 MB and a large load spills more; below this a disk is soon full.
_ROOM = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """What was looked at and how it is.

    Attributes:
        state: ``bad`` keeps reports from being made or trusted; ``watch`` does not.
    """

    what: str
    state: State
    text: str


Examination = Callable[[Path], Iterator[Finding]]


def doctor(
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not hash again what the store keeps.")
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Look over the installation and the workspace: versions, fonts, access, configuration, mail, store, what is stale."""
    from reportkit.cli import ailments

    try:
        place: Path | None = options.workspace(workspace)
    except ConfigError:
        if workspace is not None:
            raise
        place = None
    found = [finding for look in (versions, assets, sockets) for finding in look()]
    if place is None:
        found.append(Finding("workspace", "watch", "none here; make one with 'reportkit init DIR'"))
    else:
        looks: list[Examination] = [
            access,
            ailments.configuration,
            ailments.secrets,
            ailments.mail,
            ailments.stale,
        ]
        looks += [] if quick else [ailments.store]
        found += [finding for look in looks for finding in _guarded(look, place)]
    if json:
        screen.say_json([asdict(finding) for finding in found])
    else:
        screen.table([(_mark(one), one.what, one.text) for one in found])
    bad = [one for one in found if one.state == "bad"]
    if bad:
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise ConfigError(f"{bad[0].what}: {bad[0].text.rstrip('.')}{more}.")
    if not json:
        watched = sum(one.state == "watch" for one in found)
        screen.say(f"  {watched} to look at" if watched else "  All is well.")


def _mark(one: Finding) -> str:
    return screen.styled(_MARKS[one.state], one.state)


def _guarded(look: Examination, place: Path) -> Iterator[Finding]:
    """Look at one thing; a fault in it does not hide the others."""
    try:
        yield from look(place)
    except (ReportkitError, OSError) as error:
        yield Finding(look.__name__, "bad", str(error))


def versions() -> Iterator[Finding]:
    """Whether the libraries are there in versions that this one was made for."""
    from importlib import metadata

    from packaging.requirements import Requirement

    from reportkit.run.manifest import versions as installed

    yield Finding("versions", "good", ", ".join(f"{name} {version}" for name, version in installed().items()))  # fmt: skip
    try:
        wanted = metadata.requires("reportkit-security") or []
    except metadata.PackageNotFoundError:
        yield Finding("versions", "watch", "reportkit is not installed but run from a folder")
        return
    for text in wanted:
        need = Requirement(text)
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            has = metadata.version(need.name)
        except metadata.PackageNotFoundError:
            yield Finding("versions", "bad", f"{need.name} is missing; install reportkit again")
            continue
        if not need.specifier.contains(has, prereleases=True):
            yield Finding("versions", "bad", f"{need.name} {has} does not fit; {need} is needed")


def assets() -> Iterator[Finding]:
    """Whether the fonts and the chart library of the page were made."""
    from reportkit import resources

    try:
        fonts = len([*resources.fonts().glob("*.ttf"), *resources.fonts().glob("*.woff2")])
        resources.asset("vega.js")
    except ReportkitError as error:
        yield Finding("fonts", "bad", error.message)
        return
    yield Finding("fonts", "good" if fonts else "bad", f"{fonts} files, and the chart library of the page")  # fmt: skip


def sockets() -> Iterator[Finding]:
    """Whether a kernel's private sockets find a place."""
    import socket

    from reportkit.workers.runtime import private_folder

    try:
        with private_folder() as folder, socket.socket(socket.AF_UNIX) as line:
            line.bind(str(folder / "s-1"))
    except OSError as error:
        yield Finding("kernel", "bad", f"no private socket can be made ({error}); set TMPDIR to a short path")  # fmt: skip
        return
    yield Finding("kernel", "good", "private sockets can be made")


def access(place: Path) -> Iterator[Finding]:
    """Whether the workspace can be written, has room, and is closed to others."""
    closed = [place]
    closed += [folder for name in ("store", "runs") if (folder := place / name).is_dir()]
    for folder in closed:
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            yield Finding("access", "bad", f"{folder} cannot be written ({(error.strerror or '').lower()})")  # fmt: skip
            return
    free = shutil.disk_usage(place).free
    yield Finding("access", "good" if free > _ROOM else "watch", f"{screen.short(place)} can be written; {screen.size(free)} free")  # fmt: skip
    for key in sorted(place.glob("*.key")):
        mode = stat.S_IMODE(key.stat().st_mode)
        if mode & 0o077:
            yield Finding("access", "bad", f"{key.name} can be read by others (mode {mode:04o}); type: chmod 600 {key.name}")  # fmt: skip
    if stat.S_IMODE(place.stat().st_mode) & stat.S_IWOTH:
        yield Finding("access", "watch", f"anybody on this machine may write into {place}")
    if hasattr(os, "geteuid") and place.stat().st_uid != os.geteuid():
        yield Finding("access", "watch", f"{place} belongs to somebody else")
