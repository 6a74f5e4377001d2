"""The store in a bucket: a local server that speaks S3, the same loads and the same views."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from reportkit import store, verify
from reportkit.errors import ConfigError, TemporaryError
from reportkit.objects import Bucket
from reportkit.store import Provenance, Store
from reportkit.tables import TABLES
from reportkit.workspace import Workspace
from tests.conftest import Ended

AT = datetime(2026, 10, 1, 6)
FINDINGS = TABLES["findings"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Give the address of a server with an empty bucket named 'board'."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                request = urllib.request.Request(f"{address}/board", method="PUT")
                urllib.request.urlopen(request, timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail("the S3 server did not start")
        yield address
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def folder(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a workspace whose store is a part of the bucket that is its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    (tmp_path / "reportkit.toml").write_text(
        f'[store]\nurl = "s3://board/{tmp_path.name}"\noptions = {{ endpoint = "{endpoint}", region = "us-east-1" }}\n'
    )
    return tmp_path


def rows(*ids: str) -> pa.Table:
    n = len(ids)
    return pa.table(
        {
            "finding_id": list(ids),
            "severity": ["high"] * n,
            "state": ["open"] * n,
            "opened": [date(2026, 8, 1)] * n,
        }
    )


def test_what_is_loaded_is_seen_from_another_machine(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kept = store.of(folder).add(FINDINGS, rows("a", "b"), Provenance(source="s", recorded_at=AT))
    assert not kept.repeated
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "reportkit.toml").write_text((folder / "reportkit.toml").read_text())
    ws = Workspace(elsewhere, now=datetime(2026, 10, 12))
    assert [load.extract for load in ws.store.loads()] == [kept.extract]
    assert ws.at("2026-Q3").measure("V01").value.value == 2
    again = store.of(elsewhere).add(
        FINDINGS, rows("a", "b"), Provenance(source="s", recorded_at=AT)
    )
    assert again.repeated
    assert len(store.of(folder).loads()) == 1


def test_verify_reads_the_bucket_and_not_its_copies(folder: Path) -> None:
    place = store.of(folder)
    kept = place.add(FINDINGS, rows("a"), Provenance(source="s", recorded_at=AT))
    assert verify.workspace(folder).faults == ()
    assert isinstance(place.objects, Bucket)
    damaged = folder / "damaged"
    damaged.write_bytes(b"x")
    place.objects.remove(place.extract_name(kept))
    place.objects.put(damaged, place.extract_name(kept))
    (fault,) = verify.workspace(folder).faults
    assert fault.startswith(
        f"s3://board/{folder.name}/extracts/findings/{kept.extract}.parquet is not what was written"
    )


def test_a_file_is_loaded_and_its_copy_pruned(folder: Path, typed: Callable[..., Ended]) -> None:
    csv = folder / "scan.csv"
    csv.write_text("finding_id,severity,state,opened\na,high,open,2026-08-01\n")
    assert typed("load", "findings", str(csv), "-w", str(folder)).code == 0
    (load,) = store.of(folder).loads()
    copy = store.of(folder).raw(load.raw_sha256)
    assert copy is not None
    assert copy.read_bytes() == csv.read_bytes()
    assert typed("prune", "--before", "2026-01-01", "-w", folder).code == 0
    assert store.of(folder).raw(load.raw_sha256) is not None
    said = typed("prune", "--before", "2999-01-01", "-w", folder).out
    assert "1 copy of loaded files removed" in said
    assert store.of(folder).raw(load.raw_sha256) is None
    assert verify.workspace(folder).faults == ()


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-bucket")
    options = {"endpoint": "http://127.0.0.1:9", "region": "us-east-1"}
    bucket = Bucket("s3://board/x", tmp_path, options)
    with pytest.raises(TemporaryError) as said:
        Store(bucket).loads()
    assert "s3://board/x failed" in said.value.message
    assert "secret-of-the-bucket" not in said.value.message
    assert not [*tmp_path.rglob("*.part")]


def test_another_kind_of_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="begins with 'ftp'"):
        Bucket("ftp://board", tmp_path, {})
    assert not list(tmp_path.iterdir())
