"""Which code and which templates made a report, as one hash each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from reportkit import __version__, resources

_CODE = (".py", ".toml", ".j2", ".typ", ".css", ".js")


def hashed(*parts: str) -> str:
    """Give one hash of texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def listed(paths: Iterable[Path], base: Path) -> str:
    """Give one hash of files: of their names from a folder, and of what is in them."""
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        digest.update(f"{path.relative_to(base).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@cache
def looks() -> str:
    """Give the hash of the templates and styles."""
    templates = resources.templates()
    return listed((path for path in templates.rglob("*") if path.suffix in _CODE), templates)


@cache
def code() -> str:
    """Give the hash of the package's own code and templates."""
    package = Path(__file__).resolve().parents[1]
    found = [path for path in package.rglob("*") if path.suffix in _CODE and "__pycache__" not in path.parts]  # fmt: skip
    return hashed(__version__, listed(found, package), looks())
