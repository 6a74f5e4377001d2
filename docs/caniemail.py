"""Writes which styles mail programs leave out, from the data set of caniemail.com: python docs/caniemail.py caniemail.json.

The data set is in the npm package caniemail (``npm pack caniemail``; ``data/caniemail.json``). Run this when a newer one is out.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "reportkit" / "deliver" / "support.toml"
#: Where the data set keeps each program, by the name that readers know.
PROGRAMS = {
    "Outlook": ("outlook", ("windows",)),
    "Outlook.com": ("outlook", ("outlook-com",)),
    "Gmail": ("gmail", ("desktop-webmail", "ios", "android")),
    "Apple Mail": ("apple-mail", ("macos", "ios")),
    "Yahoo": ("yahoo", ("desktop-webmail",)),
    "Thunderbird": ("thunderbird", ("macos",)),
    "Samsung Email": ("samsung-email", ("android",)),
}
HEAD = """\
# Styles that mail programs leave out, of the newest version that was tested. Written by docs/caniemail.py, not by hand.
# From the data set of caniemail.com of {day}, as the npm package caniemail carries it:
#
# MIT License
#
# Copyright (c) Avi Goldman
# Copyright (c) Andrew Powell <andrew@shellscape.org>
#
# Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
# documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
# rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
# permit persons to whom the Software is furnished to do so, subject to the following conditions:
#
# The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
# Software.
#
# THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
# WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS
# OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
# OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

"""
_STYLE = re.compile(r"[a-z]+(?:-[a-z]+)*(?::[a-z-]+)?")


def styles(title: str) -> list[str]:
    """Give the properties, or properties with a value, that a feature's title names: ``gap, column-gap, row-gap``."""
    parts = [part.strip() for part in re.split(r",|&", title.removesuffix(" property"))]
    return [part.replace(" ", "") for part in parts if _STYLE.fullmatch(part.replace(": ", ":"))]


def unsupported(feature: dict[str, dict[str, dict[str, str]]]) -> list[str]:
    """Give the programs whose newest tested version knows nothing of a feature, on any of their platforms."""
    found = []
    for name, (family, platforms) in PROGRAMS.items():
        kept = feature.get(family, {})
        newest = [list(kept[place].values())[-1] for place in platforms if kept.get(place)]
        if any(word.split()[0] == "n" for word in newest):
            found.append(name)
    return found


def main(path: Path) -> None:
    """Write the table."""
    data = json.loads(path.read_text(encoding="utf-8"))
    table = {
        style: programs
        for feature in data["data"]
        if feature["category"] == "css" and (programs := unsupported(feature["stats"]))
        for style in styles(feature["title"])
    }
    lines = [f'"{style}" = {json.dumps(programs)}' for style, programs in sorted(table.items())]
    TABLE.write_text(HEAD.format(day=data["last_update_date"][:10]) + "\n".join(lines) + "\n", encoding="utf-8")  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
