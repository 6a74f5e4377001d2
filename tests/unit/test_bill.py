"""The bill of materials, as far as it is ours: what is added to what the tool of CycloneDX writes. Validity needs its schema, and the network."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def bill() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bill", ROOT / ".ci/bill.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_sums_and_licences_are_found_however_a_name_is_written(bill: ModuleType) -> None:
    part = {"type": "library", "name": "Send2Trash", "version": "2.2.0", "externalReferences": [{"type": "vcs", "url": "x"}]}  # fmt: skip
    other = {"type": "library", "name": "a_b", "version": "1", "licenses": [{"license": {"id": "MIT"}}]}  # fmt: skip
    kept = {"type": "distribution", "url": "y", "hashes": [{"alg": "SHA-256", "content": "0" * 64}]}
    hashed = {"components": [
        {"name": "send2trash", "version": "2.2.0", "externalReferences": [kept]}, {"name": "A.B", "version": "2", "externalReferences": [kept]},
    ]}  # fmt: skip
    made = bill.complete({"components": [part, other]}, hashed, {"send2trash": "BSD License", "a-b": "Other"}, [{"name": "vega.js"}])  # fmt: skip
    first, second, third = made["components"]
    assert first["externalReferences"] == [{"type": "vcs", "url": "x"}, kept]
    assert first["licenses"] == [{"license": {"name": "BSD License", "acknowledgement": "declared"}}]  # fmt: skip
    # Another version's sums are not this one's, and a licence that is known stays.
    assert second["externalReferences"] == []
    assert second["licenses"] == [{"license": {"id": "MIT"}}]
    assert third == {"name": "vega.js"}


def test_all_that_is_built_into_the_wheel_is_listed_with_its_sum(bill: ModuleType, tmp_path: Path) -> None:  # fmt: skip
    for name, _, _ in bill.BUILT:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    found = {one["name"]: one for one in bill.built_in(tmp_path, (ROOT / "hatch_build.py").read_text())}  # fmt: skip
    for name, one in found.items():
        assert one["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(name.encode()).hexdigest()}]  # fmt: skip
    vega = found["reportkit/_assets/vega.js"]
    assert "pkg:npm/vega-parser@7.1.0" in {one["purl"] for one in vega["components"]}
    # What the build writes is what is listed.
    fonts = {path.name for path in (ROOT / "templates/fonts").glob("Inter-*")}
    assert {Path(name).name for name in found} == {*fonts, "vega.js"}


@pytest.mark.soak
def test_the_whole_bill_is_valid_and_complete(tmp_path: Path) -> None:
    """Makes two environments, so it takes minutes and asks for packages."""
    subprocess.run(["bash", ".ci/sbom", tmp_path / "bill.json"], cwd=ROOT, check=True, timeout=900)
    made = json.loads((tmp_path / "bill.json").read_text())
    names = {one["name"].lower() for one in made["components"]}
    assert {"duckdb", "pyarrow", "jupyterlab", "typst", "nh3"} <= names
    assert not names & {"pytest", "ruff", "mypy", "hypothesis"}
    assert [one["name"] for one in made["components"] if not one.get("licenses")] == []
