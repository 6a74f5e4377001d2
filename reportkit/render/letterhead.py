"""What a workspace puts on its paper: which facts the cover says, and the logo in the form each format takes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from reportkit import locale, stationery, theme
from reportkit.branding import FIELDS, Logo
from reportkit.errors import ConfigError, DataError, nearest
from reportkit.render import charts, vectors
from reportkit.render.model import UNDATED

if TYPE_CHECKING:
    from reportkit.facts import Cover

#: Height of the logo in a mail, in pixels of 1/96 inch; the picture has twice as many.
MAIL_HEIGHT = 28
_STATUS = {"draft": "Draft, not yet approved", "held": "Held back by a check", "final": "Final"}


def cover_facts(cover: Cover, labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give what the cover says, label and value, in the order of the theme; then the workspace's own lines.

    Args:
        cover: of the document.
        labels: what a format calls each fact; one without a label is not said there.

    Raises:
        ConfigError: the theme asks for a fact that there is none of.
    """
    look = theme.tokens().get("cover", {"fields": FIELDS, "own": {}})
    for name in look["fields"]:
        if name not in FIELDS:
            raise ConfigError(f"theme: cover.fields holds {name!r}; {nearest(name, FIELDS)}")
        value = _fact(cover, name)
        if value and name in labels:
            yield labels[name], value
    for name, value in look["own"].items():
        yield str(name), str(value)


def _fact(cover: Cover, name: str) -> str:
    style = locale.here()
    dated = cover.known_by != UNDATED
    if name == "as_of":
        return style.long_day(cover.as_of) if dated else ""
    if name == "known_by":
        return style.long_day(cover.known_by.date()) if dated else ""
    if name == "status":
        return _STATUS[cover.status]
    return str(getattr(cover, name))


def footer() -> str:
    """Give the line at the foot of every page."""
    return str(theme.tokens().get("brand", {}).get("footer", ""))


def logo_svg() -> str | None:
    """Give the logo as a clean SVG, for page and paper.

    Raises:
        ConfigError: it cannot be read, or is no picture.
    """
    found = stationery.logo()
    return None if found is None else _svg(found)


@lru_cache(maxsize=4)
def _svg(found: Logo) -> str:
    try:
        if found.mime == "image/svg+xml":
            return vectors.clean(found.data.decode("utf-8", "replace"), "logo")
        from reportkit.render.typeset import wrapped

        return wrapped(found.data)[2].decode("ascii")
    except (DataError, OSError, ValueError) as error:
        raise ConfigError(f"theme: brand.logo is no picture that can be drawn ({error}); save it again.") from None  # fmt: skip


def logo_png() -> tuple[bytes, int] | None:
    """Give the logo for a mail, on the ground it stands on there, with its width in pixels of 1/96 inch.

    Raises:
        ConfigError: as :func:`logo_svg`.
    """
    found = stationery.logo()
    return None if found is None else _png(found, str(theme.tokens()["light"]["ink"]))


@lru_cache(maxsize=4)
def _png(found: Logo, ground: str) -> tuple[bytes, int]:
    from PIL import Image

    drawn = _svg(found)
    _, height = vectors.size(drawn)
    raw = charts.raster(drawn, scale=max(0.1, 2 * MAIL_HEIGHT / height))
    with Image.open(io.BytesIO(raw)) as picture:
        rgba = picture.convert("RGBA")
    flat = Image.new("RGB", rgba.size, ground)
    flat.paste(rgba, mask=rgba.getchannel("A"))
    out = io.BytesIO()
    flat.quantize(64).save(out, format="PNG", optimize=True)
    return out.getvalue(), round(rgba.width / 2)
