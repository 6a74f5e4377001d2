"""What of a workspace a report reads besides the loaded rows: settings, the author's words, own measures, own rules.

Each file is kept once, under its hash, so that the report can be made again after the file was changed.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import config, theme
from reportkit.errors import from_os
from reportkit.layout import RUNS, stem

if TYPE_CHECKING:
    from reportkit.config import Settings

#: Parts of the settings that a report's content depends on; who approves, receives and is told is none of it.
SECTIONS = ("organisation", "report", "finance", "limits", "privacy", "freshness", "scorecards", "owners", "measures", "editions")  # fmt: skip
#: Of ``[mail]``: what stands in the message that is written beside each report.
MAIL = ("sender", "recipients")
#: A workspace's own rules: deadlines for notices and for known weaknesses.
RULES = ("clocks.toml",)
KEPT = ".kept"


def reduced(settings: Settings) -> dict[str, Any]:
    """Give the settings that a report's content depends on, where they are not the defaults."""
    said = settings.model_dump(mode="json", exclude_defaults=True)
    found = {name: said[name] for name in SECTIONS if name in said}
    mail = {name: said["mail"][name] for name in MAIL if name in said.get("mail", {})}
    return found | ({"mail": mail} if mail else {})


def files(workspace: Path, report: str, period: str, unit: str | None) -> dict[str, Path]:
    """Give the files of a workspace that a report may read, by their name in it."""
    part = f"-{stem(unit)}" if unit else ""
    name = f"{period}{part}.md"
    wanted = [f"commentary/{name}", f"commentary/{report}/{name}", *RULES, theme.FILE]
    own = (workspace / "commentary" / period).glob(f"{glob.escape(report + part)}*.md")
    wanted += [path.relative_to(workspace).as_posix() for path in own]
    wanted += [one for one in config.read(workspace).measures.modules if one.endswith(".py")]
    return {one: workspace / one for one in sorted(wanted) if (workspace / one).is_file()}


def fingerprint(values: Mapping[str, Any]) -> str:
    """Give one hash of plain values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()  # fmt: skip


def keep(workspace: Path, content: bytes) -> str:
    """Keep a file under its hash, and give that.

    Raises:
        TemporaryError: it cannot be written.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    place = kept(workspace, sha256)
    if place.exists():
        return sha256
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(place)
    except OSError as error:
        raise from_os(error, "Keeping what the run reads") from error
    return sha256


def kept(workspace: Path, sha256: str) -> Path:
    """Give the place of a kept file."""
    return workspace / RUNS / KEPT / sha256


def toml(values: Mapping[str, Any]) -> str:
    """Write settings as TOML: tables of plain values, lists of them, and tables in tables."""
    return "\n".join(_table(values, ())).strip() + "\n" if values else ""


def _table(values: Mapping[str, Any], under: tuple[str, ...]) -> Iterator[str]:
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    if under and (plain or not values):
        yield f"\n[{'.'.join(map(_key, under))}]"
    for name, value in plain.items():
        if value is not None:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _table(value, (*under, name))


def _key(name: str) -> str:
    bare = name.replace("_", "").replace("-", "")
    return name if bare.isalnum() and bare.isascii() else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, int | float):
        return repr(value)
    # Texts of JSON are texts of TOML, but for a sign that JSON leaves as it is.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
