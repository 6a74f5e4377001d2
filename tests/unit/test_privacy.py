"""People are stored as pseudonyms, and nobody finds their names again without the key."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b32encode
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from reportkit import privacy, store
from reportkit.errors import ConfigError
from reportkit.intake import Origin, keep
from reportkit.sources import read
from reportkit.workspace import Workspace
from tests.conftest import Ended

CSV = """account_id,type,privileged,mfa,enforced,created
anna.berg@averholt.example,human,true,strong,true,2025-01-01
bo.lind@averholt.example,human,false,none,true,2025-01-01
"""
NOW = datetime(2026, 10, 12, 8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "reportkit.toml").touch()
    return tmp_path


def load(folder: Path, text: str = CSV, at: datetime = datetime(2026, 10, 1)) -> store.Load:
    file = folder / "accounts.csv"
    file.write_text(text)
    kept, _ = keep(
        read(file, "identities"), folder, Origin(source="idp", recorded_at=at, file=file)
    )
    return kept


def accounts(folder: Path) -> list[str]:
    return sorted(Workspace(folder, now=NOW).at("2026-Q3").table("identities")["account_id"])


def kept_bytes(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in (folder / "store").rglob("*") if p.is_file())


def test_a_pseudonym_is_the_keyed_hash_of_the_name(folder: Path) -> None:
    load(folder)
    key = bytes.fromhex((folder / privacy.KEY).read_text().strip())
    digest = hmac.new(key, b"anna.berg@averholt.example", hashlib.sha256).digest()
    assert "p-" + b32encode(digest)[:24].decode().lower() in accounts(folder)
    assert (folder / privacy.KEY).stat().st_mode & 0o077 == 0


def test_no_name_is_left_in_the_store(folder: Path) -> None:
    twice = CSV + "anna.berg@averholt.example,admin,true,strong,true,2025-01-01\n"
    kept = load(folder, twice)
    assert any("(personal)" in problem for problem in kept.problems)
    assert b"anna" not in kept_bytes(folder)
    assert not (folder / "store" / "raw").exists()


def test_the_same_person_is_the_same_in_every_load(folder: Path) -> None:
    load(folder)
    load(folder, CSV.replace("none", "weak"), datetime(2026, 10, 2))
    assert len(accounts(folder)) == 2


def test_destroying_the_key_is_the_erasure_and_nobody_is_counted_twice(folder: Path) -> None:
    load(folder)
    before = accounts(folder)
    (folder / privacy.KEY).unlink()
    assert accounts(folder) == before
    load(folder, at=datetime(2026, 10, 2))
    assert len(accounts(folder)) == 2
    assert not set(accounts(folder)) & set(before)


def test_more_columns_and_none(folder: Path) -> None:
    (folder / "reportkit.toml").write_text('[privacy]\ncolumns = ["assets.owner"]\n')
    file = folder / "assets.csv"
    file.write_text("asset_id,owner\nsrv1,Anna Berg\n")
    keep(read(file, "assets"), folder, Origin(source="cmdb", recorded_at=NOW))
    assert b"Anna" not in kept_bytes(folder)
    (folder / "reportkit.toml").write_text("[privacy]\npseudonymise = false\n")
    load(folder)
    assert accounts(folder) == ["anna.berg@averholt.example", "bo.lind@averholt.example"]


def test_a_key_that_is_none_stops_the_load(folder: Path) -> None:
    (folder / privacy.KEY).write_text("hello\n")
    with pytest.raises(ConfigError, match="is not a key"):
        load(folder)
    assert not (folder / "store").exists()


def test_a_column_that_is_not_known(folder: Path, typed: Callable[..., Ended]) -> None:
    (folder / "reportkit.toml").write_text('[privacy]\ncolumns = ["identities.createt"]\n')
    (folder / "a.csv").write_text(CSV)
    ended = typed("load", "identities", folder / "a.csv", "-w", folder)
    assert ended.code == 3
    assert "createt" in ended.err


def test_a_file_that_names_nobody_is_kept_as_it_came(
    folder: Path, typed: Callable[..., Ended]
) -> None:
    file = folder / "assets.csv"
    file.write_text("asset_id,owner\nsrv1,Head of IT\n")
    said = json.loads(typed("load", "assets", file, "-w", folder, "--json").out)
    assert (folder / "store" / "raw" / said["raw_sha256"]).read_bytes() == file.read_bytes()
    assert typed("prune", "--before", "2999-01-01", "--dry-run", "-w", folder).code == 0
    assert (folder / "store" / "raw" / said["raw_sha256"]).exists()
