"""Finds notebooks, templates, fonts and assets: an explicit path, the user's project, then what came with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from reportkit.errors import UsageError, nearest

_PACKAGE = Path(__file__).resolve().parent
_REPAIR = "install the package again (pip install .), which makes them."


def bundled(kind: str) -> Path:
    """Give the package's own folder of that kind: inside an installed wheel, or the checkout's."""
    return _bundled(_PACKAGE, kind)


@cache
def _bundled(package: Path, kind: str) -> Path:
    inside = package / "_bundled" / kind
    return inside if inside.is_dir() else package.parent / kind


def notebooks(project: Path | None = None) -> dict[str, Path]:
    """Say which reports there are; a project's notebook hides the bundled one of its name.

    Args:
        project: the folder that holds ``reportkit.toml``.
    """
    found: dict[str, Path] = {}
    for folder in (bundled("notebooks"), project / "notebooks" if project else None):
        if folder is not None:
            found |= {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    return found


def notebook(name: str, project: Path | None = None) -> Path:
    """Give the notebook of a report.

    Args:
        name: a report such as ``board``, or the path of a notebook.
        project: the folder that holds ``reportkit.toml``.

    Raises:
        UsageError: there is no such notebook.
    """
    if name.endswith(".ipynb"):
        for path in (Path(name), *([project / name] if project else [])):
            if path.is_file():
                return path.resolve()
        raise UsageError(f"notebook {name!r} does not exist; check the path.")
    known = notebooks(project)
    if name not in known:
        raise UsageError(f"report {name!r} does not exist; {nearest(name, known)}")
    return known[name]


def templates() -> Path:
    """Give the package's folder of templates: ``theme.toml``, ``typst/``, ``reportkit/``, ``email/``, ``fonts/``."""
    return bundled("templates")


_HERE: list[Path | None] = [None]


def use(project: Path | None) -> None:
    """Take templates of that project before the bundled ones, from now on and in this process."""
    _HERE[0] = project


def project() -> Path | None:
    """Give the project whose templates this process takes; None where it takes the bundled ones."""
    return _HERE[0]


def template_folders(kind: str) -> tuple[Path, ...]:
    """Say where templates of a kind are looked for, a project's own copies first.

    Args:
        kind: ``reportkit`` (the page), ``typst`` (print) or ``email``.
    """
    own = _HERE[0] and _HERE[0] / "templates" / kind
    return (*((own,) if own and own.is_dir() else ()), templates() / kind)


def template(kind: str, name: str) -> Path:
    """Give a template file: the project's own copy, else the bundled one."""
    return next(path for folder in template_folders(kind) if (path := folder / name).is_file())


def overridable() -> dict[str, Path]:
    """Give the templates that a project may have its own copies of, by their path below ``templates/``."""
    base = templates()
    return {
        path.relative_to(base).as_posix(): path
        for kind in ("reportkit", "typst", "email")
        for path in sorted((base / kind).iterdir())
        if path.is_file()
    }


def fonts() -> Path:
    """Give the folder with the report's fonts: TTF to typeset and measure, WOFF2 for pages.

    A project with fonts of its own has a folder that holds those and the bundled ones.

    Raises:
        UsageError: the build did not make them.
    """
    folder = templates() / "fonts"
    if not folder.is_dir():
        raise UsageError(f"the fonts are missing; {_REPAIR}")
    return _FONTS[0] or folder


_FONTS: list[Path | None] = [None]


def use_fonts(folder: Path | None) -> None:
    """Take that folder's fonts from now on and in this process; None for the bundled ones."""
    _FONTS[0] = folder


def asset(name: str) -> Path:
    """Give a file that the build made, such as ``vega.js``.

    Raises:
        UsageError: the build did not make it.
    """
    path = _PACKAGE / "_assets" / name
    if not path.is_file():
        made = [made.name for made in path.parent.glob("*")]
        hint = nearest(name, made) if made else _REPAIR
        raise UsageError(f"asset {name!r} does not exist; {hint}")
    return path
