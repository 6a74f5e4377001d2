"""On whose paper this process writes: locale, theme, fonts and templates of one workspace.

A report is made in a process of its own, or one after the other, so this is told once and holds until another workspace is opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reportkit import branding, locale, resources, theme

if TYPE_CHECKING:
    from reportkit.config import Settings

#: Where a workspace keeps what can be made again.
CACHE = ".reportkit"


def use(folder: Path, settings: Settings) -> None:
    """Write as a workspace says.

    Args:
        folder: the workspace.
        settings: its configuration.

    Raises:
        ConfigError: its ``theme.toml`` has a fault.
        TemporaryError: fonts of its own cannot be kept.
    """
    locale.use(settings.report.locale)
    resources.use(folder)
    path = folder / theme.FILE
    theme.use(path if path.is_file() else None)
    resources.use_fonts(None)
    if theme.own() is None:
        return
    own = branding.faces(theme.tokens(), folder)
    if own:
        cache = folder / CACHE / "fonts"
        cache.mkdir(parents=True, exist_ok=True)
        resources.use_fonts(branding.font_folder(own, resources.fonts(), cache))


def logo() -> branding.Logo | None:
    """Give the logo of the workspace, if it has one.

    Raises:
        ConfigError: it cannot be read.
    """
    own = theme.own()
    return branding.logo(theme.tokens(), own.parent) if own else None


def plain() -> None:
    """Write on plain paper again: no workspace's locale, theme, fonts or templates."""
    locale.use(locale.EN.name)
    resources.use(None)
    theme.use(None)
    resources.use_fonts(None)
