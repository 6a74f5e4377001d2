"""Schemas accept what the readers accept; check and doctor say what is wrong and how to mend it."""

from __future__ import annotations

import json
import socket
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reportkit import config, resources, schemas
from reportkit.cli import ailments
from tests import runs
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
    assert found["mappings/mine.toml"] == [
        "line 4: findings has no column 'titel'; did you mean 'title'?"
    ]
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


def test_reports_that_are_not_there_are_found(place: Path, typed: Callable[..., Ended]) -> None:
    (place / config.FILE).write_text(
        '[audiences.x]\nreports = ["board", "auddit"]\ndomains = ["x.org"]\n[editions.y]\nreports = ["bord"]\n'
        '[[schedule]]\nreport = "rsik"\nwhen = "every monday at 07:00"\n'
    )
    (place / "theme.toml").write_text('[page]\npapr = "A4"\n')
    found = json.loads(typed("config", "check", "--json").out)
    assert found[config.FILE] == [
        "line 2: audiences.x.reports: there is no report 'auddit'; did you mean 'audit'?",
        "line 5: editions.y.reports: there is no report 'bord'; did you mean 'board'?",
        "line 7: schedule.0.report: there is no report 'rsik'; did you mean 'risk'?",
    ]
    assert found["theme.toml"] == ["unknown key page.papr; did you mean 'paper'?"]


def test_init_writes_the_schemas_that_its_files_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: Callable[..., Ended]) -> None:  # fmt: skip
    assert typed("init", tmp_path / "w").code == 0
    monkeypatch.chdir(tmp_path / "w")
    Path("data/t.csv").write_text("Title,Severity,Opened\nx,High,2026-01-02\ny,Low,2026-02-02\n")
    assert typed("guess", "data/t.csv", "--table", "findings", "--out", "mappings/t.toml").code == 0
    for path, known in (("reportkit.toml", "configuration"), ("mappings/t.toml", "mapping")):
        first = Path(path).read_text(encoding="utf-8").splitlines()[0]
        kept = Path(path).parent / first.removeprefix("#:schema ")
        assert json.loads(kept.read_text(encoding="utf-8")) == checker(known).schema
    assert not any(".schema" in text for _, _, text in looked(typed, "--quick")[1])
    Path(".schema/mapping.json").write_text("{}")
    assert any(state == "watch" and ".schema/mapping.json: of another version" in text for _, state, text in looked(typed, "--quick")[1])  # fmt: skip
    assert typed("config", "schema", "--save").code == 0
    assert json.loads(Path(".schema/mapping.json").read_text()) == checker("mapping").schema


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


MAIL = '[mail]\ntransport = "smtp"\n[mail.smtp]\nhost = "localhost"\nport = {port}\nsecurity = "{security}"\n{more}\n'


def mailed(typed: Callable[..., Ended], place: Path, port: int, security: str = "none", more: str = "") -> str:  # fmt: skip
    (place / config.FILE).write_text(MAIL.format(port=port, security=security, more=more))
    (said,) = [(state, text) for what, state, text in looked(typed, "--quick")[1] if what == "mail"]
    return " ".join(said)


def test_a_mail_server_is_greeted_and_named_by_what_it_does(place: Path, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    pem = runs.certificate(place, "localhost")
    login = 'ca_file = "localhost.pem"\nuser = "me"\npassword = "env:PW"'
    monkeypatch.setenv("PW", "right")
    with runs.smtp(runs.Post()) as post:
        assert mailed(typed, place, post.port) == f"good smtp localhost:{post.port} answers and lets us in"  # fmt: skip
        assert "offers no STARTTLS" in mailed(typed, place, post.port, "starttls")
        assert "does not speak TLS from the first byte; set security = 'starttls'" in mailed(typed, place, post.port, "tls")  # fmt: skip
        assert "offers no login over this connection" in mailed(typed, place, post.port, more='user = "me"\npassword = "env:PW"')  # fmt: skip
    with runs.smtp(post := runs.Post(), tls=pem, authenticator=post.authenticate, auth_required=True):  # fmt: skip
        assert "its certificate is not trusted" in mailed(typed, place, post.port, "starttls")
        assert mailed(typed, place, post.port, "starttls", login).startswith("good")
        monkeypatch.setenv("PW", "wrong")
        assert "lets nobody in (535" in mailed(typed, place, post.port, "starttls", login)
    assert not post.took


@contextmanager
def answering(*words: bytes, pause: float = 0.0) -> Iterator[int]:
    """Listen on loopback, say some words to who calls, and then nothing."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        line.listen()

        over = threading.Event()

        def answer() -> None:
            called, _ = line.accept()
            with called, suppress(OSError):
                for word in words:
                    called.sendall(word)
                    time.sleep(pause)
                over.wait(10)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield line.getsockname()[1]
        over.set()
        thread.join(10)


@pytest.mark.parametrize(
    ("words", "pause", "said"),
    [
        ((b"SSH-2.0-OpenSSH_9\r\n",), 0.0, "something answers there, and it is no mail server"),
        ((b"421 too busy\r\n",), 0.0, "cannot be reached (421 too busy)"),
        ((), 0.0, "it accepts the connection and says nothing"),
        # Each byte in time, and never a whole line.
        ((b"2",) * 20, 0.1, "has not let us in after 1 seconds; check host, port and security"),
    ],
)
def test_what_is_no_mail_server_is_not_waited_for(place: Path, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, words: tuple[bytes, ...], pause: float, said: str) -> None:  # fmt: skip
    monkeypatch.setattr(ailments, "_PATIENCE", 1.0)
    with answering(*words, pause=pause) as port:
        begun = time.monotonic()
        found = mailed(typed, place, port)
        assert time.monotonic() - begun < 10
    assert found.startswith("bad")
    assert said in found
    assert "tried again later" not in found


# ---- completion ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "place_", "offered"),
    [
        ("reportkit con", 1, ["config"]),
        ("reportkit config s", 2, ["schema"]),
        ("reportkit run min", 2, ["mine"]),
        ("reportkit check bo", 2, ["board"]),
        ("reportkit load gov", 2, ["governance_items"]),
        ("reportkit measure V04", 2, ["V04"]),
    ],
)
def test_a_shell_is_told_what_may_come_next(place: Path, words: str, place_: int, offered: list[str], monkeypatch: pytest.MonkeyPatch, typed: Callable[..., Ended]) -> None:  # fmt: skip
    (place / "notebooks").mkdir()
    (place / "notebooks/mine.ipynb").touch()
    monkeypatch.setenv("_REPORTKIT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(place_))
    ended = typed()
    assert ended.out.split() == offered
