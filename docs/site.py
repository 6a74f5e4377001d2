"""What mkdocs is told while it builds the site: fonts come from the package, and the search reads a script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

#: Made when the project is installed (``hatch_build.py``); without them the site takes the reader's own.
FONTS = Path(__file__).resolve().parents[1] / "templates" / "fonts"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the fonts of the reports beside the pages."""
    for name in ("Inter-Regular", "Inter-Italic", "Inter-SemiBold"):
        font = FONTS / f"{name}.woff2"
        if font.is_file():
            files.append(File.generated(config, f"fonts/{font.name}", abs_src_path=str(font)))
    return files


def on_post_build(config: MkDocsConfig) -> None:
    """Write the index of the search as a script: a page that is opened from a folder may not read a file."""
    folder = Path(config.site_dir) / "search"
    kept = folder / "search_index.json"
    entries = json.loads(kept.read_text(encoding="utf-8"))["docs"]
    pages = {one["location"]: one["title"] for one in entries if "#" not in one["location"]}
    said = [
        {
            "location": one["location"] or "index.html",
            "title": one["title"],
            "text": " ".join(one["text"].split()),
            "page": pages.get(one["location"].partition("#")[0], ""),
        }
        for one in entries
    ]
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    (folder / "index.js").write_text(f"window.SEARCH={text};\n", encoding="utf-8")
    kept.unlink()
