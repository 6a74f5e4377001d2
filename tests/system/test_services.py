"""Records pulled from services: every kind of paging and of credentials, patience, and no secret told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit import store
from reportkit.connections import Basic, Bearer, Header, OAuth2, Paging, Rest, Since
from reportkit.errors import DataError, ReportkitError, TemporaryError
from reportkit.sources.rest import Client, flat
from reportkit.workspace import Workspace
from tests.conftest import Ended
from tests.system.services import Service, in_seconds, serving

RECORDS = [{"n": number, "updated": f"2026-09-{number:02}"} for number in range(1, 8)]
NOW = datetime(2027, 1, 4)


def asked(url: str, **words: Any) -> tuple[list[int], list[float]]:
    """Ask a service for everything, and give the records and the waits."""
    waits: list[float] = []
    settings = Rest(kind="rest", url=f"{url}/items", table="risks", records="results", **words)
    pages = Client(settings, waits.append).pages()
    return [record["n"] for _, page in pages for record in page], waits


@pytest.mark.parametrize(
    "paging",
    [
        Paging(kind="page", parameter="page", size_parameter="per_page", size=3),
        Paging(kind="offset", parameter="offset", size_parameter="limit", size=3),
        Paging(kind="offset", parameter="offset", size_parameter="limit", size=7),
        Paging(kind="cursor", parameter="token", field="meta.token"),
        Paging(kind="link", field="next"),
        Paging(kind="link"),
    ],
    ids=["page", "offset", "offset that ends full", "cursor", "next address", "Link header"],
)
def test_every_kind_of_paging_gives_every_record_once(paging: Paging) -> None:
    with serving(Service({"/items": RECORDS})) as url:
        assert asked(url, paging=paging)[0] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("auth", "credential"),
    [
        (Bearer(token="env:BOARD_TOKEN"), "Bearer tok-en"),
        (Bearer(word="Token", token="env:BOARD_TOKEN"), "Token tok-en"),
        (Basic(kind="basic", user="board", password="env:BOARD_TOKEN"), "Basic Ym9hcmQ6dG9rLWVu"),
        (Header(kind="header", name="X-Api-Key", value="env:BOARD_TOKEN"), "tok-en"),
    ],
    ids=["bearer", "other word", "basic", "header"],
)
def test_every_kind_of_credentials(
    auth: Any, credential: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOARD_TOKEN", "tok-en")
    with serving(Service({"/items": RECORDS[:2]}, credentials=(credential,))) as url:
        assert asked(url, auth=auth)[0] == [1, 2]
        with pytest.raises(DataError, match="refuses us"):
            asked(url)


def test_client_credentials_are_exchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENT", "client-secret")
    with serving(Service({"/items": RECORDS[:1]}, credentials=("Bearer minted",))) as url:
        auth = OAuth2(
            kind="oauth2", token_url=f"{url}/token", client_id="board", client_secret="env:CLIENT"
        )
        assert asked(url, auth=auth)[0] == [1]
        monkeypatch.setenv("CLIENT", "wrong")
        with pytest.raises(DataError, match="refuses us"):
            asked(url, auth=auth)


def test_it_waits_as_long_as_the_service_says() -> None:
    service = Service(
        {"/items": RECORDS[:1]}, faults=[(429, {"Retry-After": "7"}), (503, in_seconds(20))]
    )
    with serving(service) as url:
        records, waits = asked(url)
    assert (records, waits) == ([1], [7.0, 20.0])


def test_without_a_word_it_waits_longer_each_time_and_gives_up() -> None:
    with serving(Service({"/items": RECORDS}, faults=[(500, {})] * 4)) as url:
        records, waits = asked(url, retries=4)
        assert records[0] == 1
        assert all(0 <= wait <= 2.0**attempt for attempt, wait in enumerate(waits))
    with (
        serving(Service({"/items": RECORDS}, faults=[(503, {"Retry-After": "9999"})] * 9)) as url,
        pytest.raises(TemporaryError, match="asked 3 times"),
    ):
        asked(url, retries=2)


def test_nobody_there() -> None:
    with pytest.raises(TemporaryError, match="does not answer"):
        asked("http://127.0.0.1:9", retries=1)


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (Service({}), "status 404"),
        (Service({"/items": RECORDS}, faults=[(302, {"Location": "http://127.0.0.1:9/"})]), "sends us elsewhere"),
        (Service({"/items": RECORDS}, elsewhere="http://evil.example/items"), "its next page is on evil.example"),
        (Service({"/items": RECORDS}, extra={"results": {"not": "a list"}}), "without a list of records at 'results'"),
    ],
    ids=["not found", "redirect", "next page elsewhere", "no list"],
)  # fmt: skip
def test_what_is_refused(service: Service, words: str) -> None:
    with serving(service) as url, pytest.raises(ReportkitError, match=words):
        asked(url, paging=Paging(kind="link", field="next"))


def test_a_record_without_depth() -> None:
    record = {"a": {"b": 1, "c": {"d": None}}, "owner": [{"id": 7, "str": "CISO"}, {"id": 8, "str": "CFO"}], "tags": ["x", "y"]}  # fmt: skip
    assert flat(record) == {"a.b": 1, "a.c.d": None, "owner": "CISO|CFO", "tags": "x|y"}


def configure(folder: Path, text: str) -> None:
    (folder / "reportkit.toml").write_text(text, encoding="utf-8")


def test_the_next_pull_goes_on_where_the_last_one_ended(
    tmp_path: Path, typed: Callable[..., Ended]
) -> None:
    rows = [{"risk_id": f"R{n}", "title": "t", "updated": f"2026-09-{n:02}"} for n in (1, 2, 3)]
    service = Service({"/items": rows})
    with serving(service) as url:
        configure(
            tmp_path,
            f'[sources.grc]\nkind = "rest"\nurl = "{url}/items"\ntable = "risks"\nrecords = "results"\n'
            'mapping = "grc"\npaging = { kind = "link", field = "next" }\nsince = { parameter = "since", field = "updated" }\n',
        )
        (tmp_path / "mappings").mkdir()
        (tmp_path / "mappings/grc.toml").write_text('[source]\ntable = "risks"\n[columns]\nrisk_id = "risk_id"\ntitle = "title"\n')  # fmt: skip
        assert typed("pull", "-w", tmp_path).code == 0
        rows.append({"risk_id": "R4", "title": "new", "updated": "2026-09-04"})
        assert typed("pull", "-w", tmp_path).code == 0
        assert typed("pull", "-w", tmp_path).code == 0
    loads = store.of(tmp_path).loads()
    assert [load.cursor for load in loads] == ["2026-09-03", "2026-09-04", "2026-09-04"]
    assert [load.rows for load in loads] == [3, 1, 0]
    assert len(Workspace(tmp_path, now=NOW).at("2026-Q3").table("risks")) == 4
    assert isinstance(Since(parameter="a", field="b"), Since)


FINDINGS = [
    {
        "id": 11, "title": "OpenSSL is old", "date": "2026-05-02", "sla_start_date": "2026-05-04", "severity": "High", "active": True, "verified": True,
        "false_p": False, "duplicate": False, "out_of_scope": False, "risk_accepted": False, "is_mitigated": False, "mitigated": None,
        "cvssv3": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "cvssv3_score": 7.5, "vulnerability_ids": [{"vulnerability_id": "CVE-2022-0778"}],
        "endpoints": [1, 2], "sla_expiration_date": "2026-06-03", "epss_score": 0.31, "component_name": "openssl", "component_version": "1.1.1k",
        "related_fields": {"test": {"engagement": {"product": {"name": "Shop"}}}},
    },
    {"id": 12, "title": "Fixed one", "date": "2026-05-02", "severity": "Critical", "active": False, "is_mitigated": True, "mitigated": "2026-07-01T10:30:00Z", "endpoints": [],
     "related_fields": {"test": {"engagement": {"product": {"name": "Shop"}}}}, "vulnerability_ids": []},
    {"id": 13, "title": "Accepted one", "date": "2026-05-02", "severity": "Low", "risk_accepted": True, "is_mitigated": False, "endpoints": [2], "vulnerability_ids": []},
    {"id": 14, "title": "No finding", "date": "2026-05-02", "severity": "Info", "false_p": True, "endpoints": [2], "vulnerability_ids": []},
]  # fmt: skip


def test_defectdojo(
    tmp_path: Path, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOJO", "0123-dojo-token")
    prefetch = {
        "prefetch": {"endpoints": {"1": {"id": 1, "host": "web1"}, "2": {"id": 2, "host": "web2"}}}
    }
    service = Service(
        {"/api/v2/findings/": FINDINGS}, credentials=("Token 0123-dojo-token",), extra=prefetch
    )
    with serving(service) as url:
        configure(
            tmp_path, f'[sources.dojo]\nkind = "defectdojo"\nurl = "{url}"\ntoken = "env:DOJO"\n'
        )
        ended = typed("pull", "dojo", "-w", tmp_path)
    assert ended.code == 0, ended.err
    assert service.asked[0] == ("/api/v2/findings/", {"related_fields": "true", "prefetch": "endpoints", "offset": "0", "limit": "250"})  # fmt: skip
    rows = Workspace(tmp_path, now=NOW).at("2026-Q3").table("findings").sort_values("finding_id")
    shown = [(r.finding_id, r.asset_id, r.severity, r.state) for r in rows.itertuples()]
    assert shown == [
        ("dojo-11-web1", "web1", "high", "open"),
        ("dojo-11-web2", "web2", "high", "open"),
        ("dojo-12", "Shop", "critical", "fixed"),
        ("dojo-13-web2", "web2", "low", "accepted"),
        ("dojo-14-web2", "web2", "info", "false_positive"),
    ]
    first = rows.iloc[0]
    assert (first["opened"].date(), first["due_original"].date()) == (
        date(2026, 5, 4),
        date(2026, 6, 3),
    )
    assert (first["cvss"], first["epss"], first["vuln_id"], first["component"]) == (
        7.5,
        0.31,
        "CVE-2022-0778",
        "openssl 1.1.1k",
    )
    # As of June the second one was still open, whatever it is today.
    earlier = Workspace(tmp_path, now=NOW).at("2026-Q2").table("findings").set_index("finding_id")
    assert earlier.loc["dojo-12", "state"] == "open"


CISO: dict[str, list[dict[str, Any]]] = {
    "/api/risk-scenarios/": [
        {"id": "a-1", "ref_id": "R.1", "name": "Ransomware", "treatment": "mitigate", "current_level": {"name": "High", "value": 3}, "residual_level": {"name": "Low", "value": 1},
         "inherent_level": {"name": "High", "value": 3}, "owner": [{"id": 1, "str": "Head of IT"}], "assets": [{"id": 2, "str": "ERP"}], "created_at": "2026-02-01T08:00:00Z"},
        {"id": "a-2", "ref_id": "", "name": "Leak", "treatment": "open", "residual_level": {"name": "--", "value": -1}, "owner": [], "assets": [], "created_at": "2026-02-02T08:00:00Z"},
    ],
    "/api/applied-controls/": [
        {"id": "c-1", "ref_id": "AC-001", "name": "Firewall", "status": "active", "eta": "2026-06-30", "start_date": "2026-01-15", "owner": [{"id": 1, "str": "Head of IT"}]},
        {"id": "c-2", "ref_id": "AC-002", "name": "Recovery plan", "status": "in_progress", "eta": "2026-12-31", "start_date": None, "owner": []},
    ],
    "/api/findings/": [
        {"id": "f-1", "ref_id": "F-1", "name": "Leavers keep access", "severity": "high", "status": "in_progress", "eta": "2026-09-01", "due_date": "2026-10-01", "created_at": "2026-03-01T08:00:00Z"},
        {"id": "f-2", "ref_id": "F-2", "name": "Nothing", "severity": "low", "status": "dismissed", "created_at": "2026-03-01T08:00:00Z"},
    ],
    "/api/incidents/": [
        {"id": "i-1", "ref_id": "INC-1", "name": "Phishing", "status": "closed", "severity": 2, "detection": "internally_detected", "reported_at": "2026-08-03T09:15:00Z"},
        {"id": "i-2", "ref_id": "INC-2", "name": "False alarm", "status": "dismissed", "severity": 6, "detection": "externally_detected", "reported_at": "2026-08-04T09:15:00Z"},
    ],
}  # fmt: skip


def test_ciso_assistant(
    tmp_path: Path, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CISO", "knox-token")
    tables = ("risks", "actions", "audits", "incidents")
    with serving(Service(CISO, credentials=("Token knox-token",))) as url:
        configure(
            tmp_path,
            "".join(
                f'[sources.grc-{t}]\nkind = "ciso-assistant"\nurl = "{url}"\ntoken = "env:CISO"\ntable = "{t}"\n'
                for t in tables
            ),
        )
        ended = typed("pull", "-w", tmp_path, "--json")
    assert ended.code == 0, ended.err
    assert [(said["rows"], said["rejected"], said["problems"]) for said in json.loads(ended.out)] == [(2, 0, []), (2, 0, []), (1, 0, []), (2, 0, [])]  # fmt: skip
    view = Workspace(tmp_path, now=NOW).at("2026-Q3")
    risk = view.table("risks").set_index("risk_id").loc["R.1"]
    assert (risk["residual"], risk["response"], risk["owner"], risk["measured_in"]) == (1, "mitigate", "Head of IT", "score")  # fmt: skip
    assert view.table("actions").set_index("action_id")["status"].to_dict() == {
        "AC-001": "done",
        "AC-002": "open",
    }
    assert view.table("audits")["finding_id"].tolist() == ["F-1"]
    cases = view.table("incidents").set_index("incident_id")
    assert cases["confirmed"].to_dict() == {"INC-1": "confirmed", "INC-2": "false_positive"}
    assert cases["detected_by"].to_dict() == {"INC-1": "internal", "INC-2": "external"}
    assert cases.loc["INC-1", "severity"] == 2


def test_no_secret_is_left_anywhere(
    tmp_path: Path, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    token = tmp_path / "elsewhere" / "token"
    token.write_text("s3cr3t-in-a-file\n")
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.setenv("WRONG", "s3cr3t-but-wrong")
    service = Service(CISO, credentials=("Token s3cr3t-in-a-file",))
    with serving(service) as url:
        configure(
            folder,
            f'[sources.good]\nkind = "ciso-assistant"\nurl = "{url}"\ntoken = "file:{token}"\ntable = "risks"\n'
            f'[sources.bad]\nkind = "ciso-assistant"\nurl = "{url}"\ntoken = "env:WRONG"\ntable = "audits"\n',
        )
        ended = typed("pull", "-w", folder)
    # One that is refused keeps nobody else away.
    assert ended.code == 3
    assert "1 of 2 sources failed" in ended.err
    assert [load.source for load in store.of(folder).loads()] == ["good"]
    everything = (
        ended.out
        + ended.err
        + typed("log", "-w", folder, "--json").out
        + typed("sources", "-w", folder).out
    )
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert "s3cr3t" not in everything
    assert b"s3cr3t" not in kept


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            'token = "0123456789"',
            "sources.dojo.token does not name a secret; write env:NAME",
        ),
        ('token = "env:NOT_SET"', "Secret env:NOT_SET is not set"),
        ('token = "file:/nowhere/token"', "Secret file:/nowhere/token cannot be read"),
        ('token = "env:HOME"\nurll = "x"', "unknown key sources.dojo.urll; did you mean"),
    ],
)
def test_a_secret_that_is_none(
    tmp_path: Path, typed: Callable[..., Ended], line: str, words: str
) -> None:
    configure(
        tmp_path, f'[sources.dojo]\nkind = "defectdojo"\nurl = "http://127.0.0.1:9"\n{line}\n'
    )
    ended = typed("pull", "-w", tmp_path)
    assert ended.code == 7
    assert words in ended.err
    assert "0123456789" not in ended.err
