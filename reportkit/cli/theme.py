"""``reportkit theme``: how reports of a workspace look, and whether that can be read."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import UsageError, nearest

_START = """\
# How reports of this workspace look. Only what is to differ stands here; 'reportkit theme' says what holds.
# Every key, with its value: reportkit theme --json

[brand]
# logo = "logo.svg"      # SVG or PNG for a dark ground
# footer = ""

[page]
# paper = "Letter"       # or "A4"

[light]
# ink = "#0B2239"        # the cover, headings, rules of tables
# accent = "#00798C"     # lines and marks
# accent_text = "#00626F"
"""


def theme(
    *,
    copy: Annotated[
        bool, typer.Option("--copy", help="Write a first theme.toml into the workspace.")
    ] = False,
    template: Annotated[
        str,
        typer.Option(
            "--template", metavar="NAME", help="Copy a template into the workspace, to change it there; 'list' names them.",
        ),
    ] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Show how reports look: paper, fonts, logo, contrast of colours, templates of one's own."""
    from reportkit import branding, config, resources, stationery
    from reportkit import theme as look

    folder = options.workspace(workspace)
    if copy:
        place = folder / look.FILE
        if place.exists():
            raise UsageError(f"{screen.short(place)} is there already; edit it.")
        place.write_text(_START, encoding="utf-8")
        screen.say(f"{screen.short(place)}: take the # away from what is to differ")
        return
    if template:
        _template(folder, template)
        return
    stationery.use(folder, config.read(folder))
    tokens = look.tokens()
    pairs = list(branding.pairs(tokens))
    least = min(pairs, key=lambda pair: pair.ratio / pair.least)
    logo = stationery.logo()
    copies = [name for name in resources.overridable() if (folder / "templates" / name).is_file()]
    if json:
        contrast = [{"front": p.front, "ground": p.ground, "ratio": round(p.ratio, 2), "least": p.least} for p in pairs]  # fmt: skip
        screen.say_json({"theme": tokens, "contrast": contrast, "templates": copies})
        return
    page = tokens["page"]
    screen.table(
        [
            ("Theme", screen.short(folder / look.FILE) if look.own() else "the bundled one"),
            ("Paper", f"{page['paper']}, {page['width']:g} by {page['height']:g} mm"),
            ("Fonts", ", ".join(look.families())),
            ("Logo", f"{tokens['brand']['logo']}, {len(logo.data):,} bytes" if logo else "none"),
            ("Colours", f"{len(pairs)} pairs can be read; the least is {least.front} on {least.ground} with {least.ratio:.2f} to 1, and {least.least:g} is needed"),
            ("Templates", ", ".join(copies) or "the bundled ones"),
        ]
    )  # fmt: skip


def _template(folder: Path, name: str) -> None:
    from reportkit import resources

    known = resources.overridable()
    if name == "list":
        screen.table([(found,) for found in known], head=("template",))
        return
    if name not in known:
        raise UsageError(f"template {name!r} is not known; {nearest(name, known)}")
    place = folder / "templates" / name
    if place.exists():
        raise UsageError(f"{screen.short(place)} is there already; edit it.")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(known[name], place)
    screen.say(f"{screen.short(place)}: takes the place of the bundled one")
