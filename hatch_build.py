"""Makes the third-party assets of a wheel from build dependencies, so that none is committed and none is fetched.

Vega for the page comes from the modules inside vl-convert, Inter from fontpkg-inter. Both are written below the source
tree, git-ignored, and made again only when an input's version or this file changes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASSETS = "reportkit/_assets"
FONTS = "templates/fonts"
BUNDLED = ("notebooks", "templates")
STAMP = "versions.json"

#: What Vega-Lite can compile to, and the interpreter that a page without `unsafe-eval` needs. Force, tree, word cloud,
#: label and crossfilter transforms stay out: no Vega-Lite chart uses them. The names are those of the modules inside
#: vl-convert; an unknown one fails the build.
VEGA_MODULES = {
    "vega-dataflow": "6.1.0",
    "vega-transforms": "5.1.0",
    "vega-view-transforms": "5.1.0",
    "vega-encode": "5.1.0",
    "vega-geo": "5.1.0",
    "vega-regression": "2.1.0",
    "vega-voronoi": "5.1.0",
    "vega-parser": "7.1.0",
    "vega-view": "6.1.0",
    "vega-loader": "5.1.0",
    "vega-interpreter": "2.0.0",
}
VEGA_SNIPPET = """
import {{transforms}} from "{vega-dataflow}";
import * as data from "{vega-transforms}";
import * as marks from "{vega-view-transforms}";
import * as encode from "{vega-encode}";
import * as geo from "{vega-geo}";
import * as regression from "{vega-regression}";
import * as voronoi from "{vega-voronoi}";
import {{parse}} from "{vega-parser}";
import {{View}} from "{vega-view}";
import {{loader}} from "{vega-loader}";
import {{expressionInterpreter}} from "{vega-interpreter}";
Object.assign(transforms, data, marks, encode, geo, regression, voronoi);
window.vega = {{parse, View, loader, expressionInterpreter}};
"""

#: Style: weight and whether it is the italic file.
FACES = {
    "Regular": (400, False),
    "Medium": (500, False),
    "SemiBold": (600, False),
    "Italic": (400, True),
}
FEATURES = ("kern", "mark", "mkmk", "ccmp", "locl", "tnum", "case", "sups", "subs")
#: Latin, Greek and Cyrillic with punctuation, currencies, arrows, mathematics and shapes: for PDF and chart measuring.
PRINT_RANGES = (
    (0x0020, 0x007E),
    (0x00A0, 0x024F),
    (0x02B0, 0x036F),
    (0x0370, 0x052F),
    (0x1E00, 0x1EFF),
    (0x2000, 0x23FF),
    (0x2460, 0x24FF),
    (0x25A0, 0x27BF),
)
#: Latin of all European languages and the signs a report uses: a page carries these as data. The browser's own font
#: shows anything else.
PAGE_RANGES = (
    (0x0020, 0x007E),
    (0x00A0, 0x017F),
    (0x2007, 0x2015),
    (0x2018, 0x2022),
    (0x2026, 0x2026),
    (0x202F, 0x2030),
    (0x2032, 0x2033),
    (0x2039, 0x203A),
    (0x2044, 0x2044),
    (0x2070, 0x208E),
    (0x20AC, 0x20AC),
    (0x2116, 0x2116),
    (0x2122, 0x2122),
    (0x2190, 0x2199),
    (0x2206, 0x2206),
    (0x2212, 0x2212),
    (0x221E, 0x221E),
    (0x2248, 0x2248),
    (0x2260, 0x2265),
    (0x25A0, 0x25CF),
    (0x2713, 0x2717),
)


class AssetHook(BuildHookInterface[Any]):
    """Make the assets, and put notebooks and templates into a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run before hatchling collects files; ``version`` is "standard" or "editable"."""
        root = Path(self.root)
        make_assets(root)
        build_data["artifacts"].append(f"/{ASSETS}/*")
        if version == "standard":
            for name in BUNDLED:
                build_data["force_include"][str(root / name)] = f"reportkit/_bundled/{name}"


def make_assets(root: Path) -> None:
    """Write Vega and the fonts below ``root`` unless those of the same inputs are there."""
    assets, fonts = root / ASSETS, root / FONTS
    inputs = {
        name: version(name)
        for name in ("vl-convert-python", "fontpkg-inter", "uharfbuzz", "fonttools", "brotli")
    }
    inputs["recipe"] = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    stamp = json.dumps(inputs, indent=1, sort_keys=True) + "\n"
    wanted = [assets / "vega.js", fonts / "OFL.txt", *(fonts / name for name in font_names())]
    marker = assets / STAMP
    if all(path.is_file() for path in wanted) and marker.is_file() and marker.read_text() == stamp:
        return
    for folder in (assets, fonts):
        folder.mkdir(parents=True, exist_ok=True)
    marker.unlink(missing_ok=True)
    write(assets / "vega.js", vega_bundle())
    make_fonts(fonts)
    write(marker, stamp.encode())


def write(path: Path, content: bytes) -> None:
    """Replace a file at once: two builds in one tree may run side by side."""
    part = path.with_name(f".{path.name}.{hashlib.sha256(content).hexdigest()[:8]}.part")
    part.write_bytes(content)
    part.replace(path)


def vega_bundle() -> bytes:
    """Vega as one script that sets ``window.vega`` to parse, View, loader and expressionInterpreter."""
    import vl_convert

    # Nothing is fetched: vl-convert resolves these addresses among its own modules and refuses others.
    addresses = {
        name: f"https://cdn.jsdelivr.net/npm/{name}@{number}/+esm"
        for name, number in VEGA_MODULES.items()
    }
    script: str = vl_convert.javascript_bundle(VEGA_SNIPPET.format(**addresses))
    return (script.strip() + "\n").encode()


def font_names() -> list[str]:
    """File names of the fonts: print fonts as TTF, page fonts as WOFF2."""
    return [f"Inter-{style}.{kind}" for style in FACES for kind in ("ttf", "woff2")]


def make_fonts(folder: Path) -> None:
    """Write Inter as static subsets and its licence."""
    import fontpkg_inter
    import uharfbuzz

    source = Path(fontpkg_inter.__file__).parent
    for style, (weight, italic) in FACES.items():
        name = "Inter-Italic[opsz,wght].ttf" if italic else "Inter[opsz,wght].ttf"
        face = uharfbuzz.Face(uharfbuzz.Blob((source / "files" / name).read_bytes()))
        for kind, ranges in (("ttf", PRINT_RANGES), ("woff2", PAGE_RANGES)):
            subset = uharfbuzz.SubsetInput()
            subset.flags = uharfbuzz.SubsetFlags.NO_HINTING | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
            subset.unicode_set.update(code for low, high in ranges for code in range(low, high + 1))
            subset.layout_feature_tag_set.clear()
            subset.layout_feature_tag_set.update(
                int.from_bytes(tag.encode(), "big") for tag in FEATURES
            )
            subset.name_id_set.update((0, 5, 13, 14))
            subset.pin_axis_location(face, "wght", weight)
            subset.pin_axis_location(face, "opsz", 14)
            blob = uharfbuzz.subset(face, subset).blob.data
            write(
                folder / f"Inter-{style}.{kind}", named(blob, style, weight, woff2=kind == "woff2")
            )
    shutil.copyfile(source / "LICENSE", folder / "OFL.txt")


def named(blob: bytes, style: str, weight: int, *, woff2: bool) -> bytes:
    """The font under the plain family name "Inter", with weight and slope where readers of fonts look for them."""
    import io

    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(blob), recalcTimestamp=False)
    texts = {1: "Inter", 2: style, 4: f"Inter {style}", 6: f"Inter-{style}", 16: "Inter", 17: style}
    names = font["name"]
    names.names = [record for record in names.names if record.nameID in (0, 5, 13, 14)]
    for number, text in texts.items():
        names.setName(text, number, 3, 1, 0x409)
    italic = style == "Italic"
    font["OS/2"].usWeightClass = weight
    font["OS/2"].fsSelection = (font["OS/2"].fsSelection & ~0x61) | (0x01 if italic else 0x40)
    font["head"].macStyle = 0x02 if italic else 0
    if "STAT" in font:
        del font["STAT"]
    font.flavor = "woff2" if woff2 else None
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()
