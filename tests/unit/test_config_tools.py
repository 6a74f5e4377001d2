"""Schemas accept what the readers accept; check and doctor say what is wrong and how to mend it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reportkit import config, resources, schemas
from tests.conftest import ROOT, Ended


@cache
def checker(name: str) -> Any:
    schema = schemas.mapping() if name == "mapping" else schemas.configuration()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def faults(name: str, text: str) -> list[str]:
    return [error.message for error in checker(name).iter_errors(tomllib.loads(text))]


@pytest.mark.parametrize("path", sorted((resources.templates() / "mappings").glob("*.toml")), ids=lambda path: path.stem)  # fmt: skip
def test_every_mapping_that_ships_fits_the_schema(path: Path) -> None:
    assert faults("mapping", path.read_text(encoding="utf-8")) == []


def test_the_configuration_that_init_writes_fits_the_schema() -> None:
    from reportkit.cli.setup import configuration

    assert faults("configuration", configuration({})) == []
    assert faults("configuration", configuration({"owners": {"V04": "Ann"}})) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("configuration", '[organisation]\nnmae = "x"'),
        ("configuration", "[organisation]\nfiscal_year_start = 13"),
        ("configuration", '[report]\nclassification = ""'),
        ("configuration", "[freshness]\nfindigns = 3"),
        ("mapping", '[source]\ntable = "findigns"\n[columns]\ntitle = "Name"'),
        ("mapping", '[source]\ntable = "findings"\n[columns]\ntitel = "Name"'),
        ("mapping", '[source]\ntable = "findings"\n[columns]\ntitle = 3'),
        ("mapping", '[source]\ntable = "findings"\n[columns]\ntitle = {form = "Name"}'),
        ("mapping", '[columns]\ntitle = "Name"'),
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(name: str, text: str) -> None:
    assert faults(name, text)


def test_the_shipped_schemas_are_those_of_the_code(typed: Callable[..., Ended]) -> None:
    for what, file in (("workspace", "reportkit.schema.json"), ("mapping", "mapping.schema.json")):
        shown = json.loads(typed("config", "schema", what).out)
        kept = json.loads((ROOT / "docs/reference" / file).read_text(encoding="utf-8"))
        assert kept == shown, "run python docs/make.py"


# ---- check -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / config.FILE).write_text("", encoding="utf-8")
    (tmp_path / "mappings").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_names_that_stand_for_nothing_are_found(place: Path, typed: Callable[..., Ended]) -> None:
    (place / config.FILE).write_text(
        '[freshness]\nfindigns = 14\n[owners]\nV99 = "Ann"\n[scorecards]\nboard = ["V04", "V98"]\n'
        '[privacy]\ncolumns = ["people.nmae"]\n'
        '[sources.a]\nkind = "file"\npath = "*.csv"\ntable = "findings"\nmapping = "jira-incidnets"\n'
    )
    (place / "mappings/mine.toml").write_text(
        '[source]\ntable = "findings"\n[columns]\ntitel = "x"\n'
    )
    ended = typed("config", "check", "--json")
    assert ended.code == 7
    found = json.loads(ended.out)
    said = found[config.FILE]
    assert len(said) == 5, said
    assert "did you mean 'findings'" in said[0]
    assert all(name in text for name, text in zip(("findigns", "V99", "V98", "people", "jira-incidnets"), said, strict=True))  # fmt: skip
    assert found["mappings/mine.toml"] == ["findings has no column 'titel'; did you mean 'title'?"]
    assert "6 faults" in ended.err


def test_all_faults_of_the_file_are_told_one_by_one(
    place: Path, typed: Callable[..., Ended]
) -> None:
    (place / config.FILE).write_text('[limits]\ncell_seconds = 0\n[organisation]\nnmae = "x"\n')
    found = json.loads(typed("config", "check", "--json").out)[config.FILE]
    assert len(found) == 2
    assert any("did you mean 'name'" in text for text in found)


def test_a_sound_configuration_passes(place: Path, typed: Callable[..., Ended]) -> None:
    assert typed("config", "check").code == 0


# ---- doctor ----------------------------------------------------------------------------------------------------------


def looked(typed: Callable[..., Ended], *words: str) -> tuple[int, list[tuple[str, str, str]]]:
    ended = typed("doctor", "--json", *words)
    return ended.code, [(one["what"], one["state"], one["text"]) for one in json.loads(ended.out)]


def test_an_empty_workspace_is_well_and_told_how_to_begin(place: Path, typed: Callable[..., Ended]) -> None:  # fmt: skip
    code, found = looked(typed)
    assert code == 0
    assert {what for what, _, _ in found} >= {"versions", "fonts", "kernel", "access", "configuration", "mail", "data", "store"}  # fmt: skip
    assert ("data", "watch") in {(what, state) for what, state, _ in found}
    assert any("reportkit load findings FILE" in text for _, _, text in found)


def test_outside_a_workspace_the_installation_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., Ended]) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, found = looked(typed)
    assert code == 0
    assert found[-1][:2] == ("workspace", "watch")


def test_each_ailment_is_named_with_its_remedy(place: Path, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.delenv("NO_SUCH_VARIABLE", raising=False)
    (place / config.FILE).write_text(
        '[ledger]\nurl = "env:NO_SUCH_VARIABLE"\n[owners]\nV99 = "Ann"\n'
    )
    (place / "pseudonym.key").write_text("k")
    (place / "pseudonym.key").chmod(0o644)
    code, found = looked(typed, "--quick")
    assert code == 7
    bad = {what: text for what, state, text in found if state == "bad"}
    assert "NO_SUCH_VARIABLE is not set" in bad["secrets"]
    assert "V99" in bad["configuration"]
    assert "chmod 600 pseudonym.key" in bad["access"]
    assert "store" not in {what for what, _, _ in found}


def test_a_damaged_extract_is_found(place: Path, typed: Callable[..., Ended]) -> None:
    (place / "scan.csv").write_text(
        "finding_id,title,severity,state,opened,asset_id\nF1,One,high,open,2026-02-01,A\n"
    )
    assert typed("load", "findings", "scan.csv", "--recorded-at", "2026-03-01").code == 0
    (extract,) = (place / "store/extracts/findings").glob("*.parquet")
    extract.chmod(0o600)
    extract.write_bytes(extract.read_bytes()[:-1] + b"x")
    code, found = looked(typed)
    assert code == 7
    assert any(what == "store" and state == "bad" and extract.stem[:8] in text for what, state, text in found)  # fmt: skip
    # Loaded long before the quarter's end.
    assert any(what == "data" and state == "watch" and "last loaded on 2026-03-01" in text for what, state, text in found)  # fmt: skip


# ---- completion ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "place_", "offered"),
    [("reportkit con", 1, ["config"]), ("reportkit config s", 2, ["schema"])],
)
def test_a_shell_is_told_what_may_come_next(words: str, place_: int, offered: list[str], monkeypatch: pytest.MonkeyPatch, typed: Callable[..., Ended]) -> None:  # fmt: skip
    monkeypatch.setenv("_REPORTKIT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(place_))
    ended = typed()
    assert ended.out.split() == offered
