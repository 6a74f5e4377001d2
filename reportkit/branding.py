"""What a workspace's own ``theme.toml`` may say: known keys only, colours that can be read, paper, logo and fonts by file."""

from __future__ import annotations

import hashlib
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportkit.errors import ConfigError, from_os, nearest

#: Width and height in millimetres.
PAPERS = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}
#: What WCAG 2.2 asks for text and for marks that carry a meaning.
TEXT, MARK = 4.5, 3.0
#: Facts that a cover knows.
FIELDS = ("as_of", "known_by", "unit", "author", "audience", "status", "classification", "period")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_LOGOS = {".svg": "image/svg+xml", ".png": "image/png"}
#: Signs that would end a value in a style sheet, or the sheet in a page.
_MARKUP = re.compile(r"[<>{};\"\\\x00-\x1f\x7f]")
#: What is words or a path, and is never written into a style sheet as it stands.
_WORDS = ("brand.", "cover.", "font.files")
#: Parts whose keys are the workspace's own words.
_FREE = {"cover.own"}


def merge(base: dict[str, Any], own: Mapping[str, Any], path: Path, where: str = "") -> None:
    """Put what a workspace says over the bundled tokens.

    Raises:
        ConfigError: a key that is not known, or a value of another kind.
    """
    for key, value in own.items():
        name = f"{where}.{key}" if where else key
        if where not in _FREE and key not in base:
            raise ConfigError(f"{path}: unknown key {name}; {nearest(key, base)}")
        known = base.get(key, "")
        if isinstance(known, dict) or isinstance(value, Mapping):
            if not (isinstance(known, dict) and isinstance(value, Mapping)):
                kind = "a part of its own" if isinstance(known, dict) else "one value"
                raise ConfigError(f"{path}: {name} is {kind}; look at the bundled theme.toml for how it is written.")  # fmt: skip
            merge(known, value, path, name)
            continue
        base[key] = _checked(known, value, path, name)


def _checked(known: Any, value: Any, path: Path, name: str) -> Any:
    number = isinstance(known, int | float) and not isinstance(known, bool)
    fits = isinstance(value, int | float) and not isinstance(value, bool) if number else isinstance(value, type(known))  # fmt: skip
    if not fits:
        raise ConfigError(f"{path}: {name} = {value!r} is not of the kind of {known!r}.")
    pairs_ = [(known[min(place, len(known) - 1)] if known else "", new) for place, new in enumerate(value)] if isinstance(known, list) else [(known, value)]  # fmt: skip
    for old, new in pairs_:
        if isinstance(new, str) and not name.startswith(_WORDS) and _MARKUP.search(new):
            raise ConfigError(f"{path}: {name} = {new!r} holds a sign that is no part of a name; use letters, digits, blanks, dots and hyphens.")  # fmt: skip
        if isinstance(old, str) and _COLOUR.fullmatch(old) and not _COLOUR.fullmatch(str(new)):
            raise ConfigError(f"{path}: {name} = {new!r} is not a colour; write for example '#0B2239'.")  # fmt: skip
    if number and value <= 0:
        raise ConfigError(f"{path}: {name} = {value!r} is not a size; give a number above 0.")
    return value


def paper(name: str, path: Path) -> tuple[float, float]:
    """Give width and height of a paper in millimetres.

    Raises:
        ConfigError: no paper of that name.
    """
    found = {known.lower(): size for known, size in PAPERS.items()}.get(str(name).lower())
    if found is None:
        raise ConfigError(f"{path}: page.paper = {name!r} is not known; {nearest(str(name), PAPERS)}")  # fmt: skip
    return found


# ---- colours ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """Two colours that meet, and how well they are told apart.

    Attributes:
        front, ground: their names in the theme.
        ratio: of WCAG 2.2, 1 to 21.
        least: what it must be.
    """

    front: str
    ground: str
    front_colour: str
    ground_colour: str
    ratio: float
    least: float

    @property
    def holds(self) -> bool:
        """Whether it can be read."""
        return self.ratio >= self.least


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of two colours by WCAG 2.2.

    Source: W3C, Web Content Accessibility Guidelines 2.2, contrast ratio and relative luminance.
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def pairs(look: Mapping[str, Any]) -> Iterator[Pair]:
    """Go through all colours of a theme that meet on a page, in print or on a cover."""
    for scheme in ("light", "dark"):
        colours = look[scheme]

        def pair(
            front: str, ground: str, least: float = TEXT, scheme: str = scheme, colours: Any = colours
        ) -> Pair:  # fmt: skip
            one, other = colours[front], colours[ground]
            return Pair(f"{scheme}.{front}", f"{scheme}.{ground}", one, other, contrast(one, other), least)  # fmt: skip

        for word in ("ink", "text", "muted", "accent_text"):
            for ground in ("page", "surface", "raised"):
                yield pair(word, ground)
        yield pair("accent_text", "accent_soft")
        yield pair("on_ink", "ink")
        yield pair("accent", "page", MARK)
        for group in ("tone", "severity"):
            for name, entry in look[group].items():
                pill = entry[scheme]
                named = f"{group}.{name}.{scheme}"
                yield Pair(f"{named}.text", f"{named}.fill", pill["text"], pill["fill"], contrast(pill["text"], pill["fill"]), TEXT)  # fmt: skip
    light = look["light"]
    # The cover and the head of the page are dark in either scheme.
    for front, least in (("on_ink_muted", TEXT), ("gold", MARK)):
        yield Pair(f"light.{front}", "light.ink", light[front], light["ink"], contrast(light[front], light["ink"]), least)  # fmt: skip
    for name in ("appetite", "category"):
        value = look["chart"][name]
        first = value if isinstance(value, str) else value[1]
        label = f"chart.{name}" if isinstance(value, str) else f"chart.{name}[1]"
        yield Pair(label, "light.page", first, light["page"], contrast(first, light["page"]), MARK)


def check_colours(look: Mapping[str, Any], path: Path) -> None:
    """Refuse colours that cannot be told apart where they meet.

    Raises:
        ConfigError: the first such pair, with its ratio.
    """
    bad = [pair for pair in pairs(look) if not pair.holds]
    if bad:
        said = "; ".join(
            f"{p.front} {p.front_colour} on {p.ground} {p.ground_colour} has a contrast of {p.ratio:.2f} to 1, and {p.least:g} is needed"
            for p in bad[:3]
        )
        more = f"; and {len(bad) - 3} more" if len(bad) > 3 else ""
        raise ConfigError(f"{path}: {said}{more}. Take a darker or lighter colour.")


# ---- files -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Logo:
    """A picture by file.

    Attributes:
        data: its bytes.
        mime: ``image/svg+xml`` or ``image/png``.
    """

    data: bytes
    mime: str


def logo(look: Mapping[str, Any], folder: Path | None) -> Logo | None:
    """Give the logo of a theme.

    Args:
        look: all tokens.
        folder: of the workspace's ``theme.toml``; None where there is none.

    Raises:
        ConfigError: no such file, or neither SVG nor PNG.
    """
    name = look.get("brand", {}).get("logo", "")
    if not name or folder is None:
        return None
    path = folder / name
    mime = _LOGOS.get(path.suffix.lower())
    if mime is None:
        raise ConfigError(f"theme: brand.logo = {name!r} is neither SVG nor PNG; save it as one of them.")  # fmt: skip
    try:
        return Logo(path.read_bytes(), mime)
    except OSError as error:
        raise ConfigError(f"theme: brand.logo {path} cannot be opened ({error.strerror}); check the path.") from None  # fmt: skip


@dataclass(frozen=True)
class Face:
    """One font file.

    Attributes:
        family, style: as the file says: ``Acme Sans``, ``Regular``.
    """

    path: Path
    family: str
    style: str


def faces(look: Mapping[str, Any], folder: Path | None) -> tuple[Face, ...]:
    """Give the fonts that a theme brings as files.

    Raises:
        ConfigError: a file that is no TTF or OTF font; none is of the family that the theme names.
    """
    names = look["font"].get("files", [])
    if not names or folder is None:
        return ()
    from PIL import ImageFont

    found = []
    for name in names:
        try:
            family, style = ImageFont.truetype(str(folder / name), 10).getname()
        except OSError:
            raise ConfigError(f"theme: font.files: {folder / name} cannot be read as a font; give a TTF or OTF file.") from None  # fmt: skip
        found.append(Face(folder / name, family or "", style or "Regular"))
    families = sorted({face.family for face in found})
    sans = look["font"]["sans"]
    if sans not in (*families, "Inter"):
        raise ConfigError(f"theme: font.sans = {sans!r} is in none of font.files; {nearest(sans, families)}")  # fmt: skip
    return tuple(found)


def named_files(path: Path) -> list[Path]:
    """Give the files that a ``theme.toml`` names; none where there is no such file, or it has a fault."""
    try:
        look = tomllib.loads(path.read_text(encoding="utf-8"))
        return [path.parent / str(name) for name in (look.get("brand", {}).get("logo"), *look.get("font", {}).get("files", ())) if name]  # fmt: skip
    except (OSError, ValueError, AttributeError, TypeError):
        return []


def font_folder(own: tuple[Face, ...], bundled: Path, cache: Path) -> Path:
    """Give a folder that holds the bundled fonts and a workspace's own, made once for the same bytes.

    Raises:
        TemporaryError: it cannot be written.
    """
    digest = hashlib.sha256()
    for face in own:
        digest.update(face.path.name.encode() + hashlib.sha256(face.path.read_bytes()).digest())
    folder = cache / digest.hexdigest()[:16]
    if folder.is_dir():
        return folder
    work = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(bundled, work)
        for face in own:
            shutil.copyfile(face.path, work / face.path.name)
            small = face.path.with_suffix(".woff2")
            if small.is_file():
                shutil.copyfile(small, work / small.name)
        work.replace(folder)
    except OSError as error:
        if folder.is_dir():
            return folder
        raise from_os(error, "Keeping the fonts") from error
    return folder
