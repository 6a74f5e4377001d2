"""The document as slides: one message a slide, native tables and charts, speaker's notes, the company's own master."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.errors import ConfigError, from_os
from reportkit.render.zipped import still

if TYPE_CHECKING:
    from reportkit.render.model import Document

_MISSING = "Slides need python-pptx; install it with pip install 'reportkit-security[office]'."


@dataclass(frozen=True)
class SlidesResult:
    """A finished presentation.

    Attributes:
        data: the ``.pptx`` file; the same document on the same master gives the same bytes.
        slides: how many it has.
        warnings: one sentence for everything a reader might miss.
    """

    data: bytes
    slides: int
    warnings: tuple[str, ...]


def write(document: Document, *, master: Path | None = None) -> SlidesResult:
    """Write the document as slides.

    The annex stays in the report: a last slide says what it holds.

    Args:
        document: what to write.
        master: a presentation or template whose layouts, colours and fonts are used; its own slides are left out.
            Without it, the house's look.

    Raises:
        ConfigError: python-pptx is not installed, or the master is no presentation or has no layout with a title.
        DataError: the master is not there.
        TemporaryError: it cannot be read.
    """
    opened = _opened(master)
    from reportkit.render.slides.deck import Deck
    from reportkit.render.slides.story import tell

    deck = Deck(opened, document.cover, own=master is not None)
    tell(document, deck)
    out = io.BytesIO()
    deck.presentation.save(out)
    data = still(out.getvalue(), document.cover.known_by)
    return SlidesResult(data, len(deck.presentation.slides), tuple(deck.warnings))


def check(master: Path | None) -> None:
    """Refuse what :func:`write` would refuse before anything is run for it.

    Raises:
        ConfigError: python-pptx is not installed, or there is no such master.
    """
    if find_spec("pptx") is None:
        raise ConfigError(_MISSING)
    if master is not None and not master.is_file():
        raise ConfigError(
            f"[slides] master is {str(master)!r}, which is no file; give a .pptx or .potx, its path relative to the workspace."
        )


def _opened(master: Path | None) -> Any:
    try:
        from pptx import Presentation
        from pptx.exc import PackageNotFoundError
    except ImportError:
        raise ConfigError(_MISSING) from None
    if master is None:
        return Presentation()
    try:
        data = master.read_bytes()
    except OSError as error:
        raise from_os(error, f"Reading the master {master}") from error
    try:
        # A template differs from a presentation in one word.
        return Presentation(io.BytesIO(_untemplated(data)))
    except (PackageNotFoundError, KeyError, ValueError, OSError) as error:
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise ConfigError(
            f"{master} is no PowerPoint file ({said}); save the master as .pptx or .potx."
        ) from None


def _untemplated(data: bytes) -> bytes:
    import zipfile

    if not data.startswith(b"PK"):
        raise ValueError("not an Office archive")
    kinds = (b"presentationml.template.main+xml", b"presentationml.presentation.main+xml")
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
            for name in source.namelist():
                part = source.read(name)
                target.writestr(
                    name, part.replace(*kinds) if name == "[Content_Types].xml" else part
                )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ValueError(str(error)) from error
    return out.getvalue()
