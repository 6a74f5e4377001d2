"""Writes the reference pages: python docs/make.py. With --gallery WORKSPACE it draws the pictures of the charts again."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from generate import PAGES, gallery  # noqa: E402 - found beside this file

if __name__ == "__main__":
    if sys.argv[1:2] == ["--gallery"]:
        gallery.draw(sys.argv[2])
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
