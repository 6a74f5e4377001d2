"""A run that a gate held, from its release to the auditor who makes it again: real runs, sha256sum and openssl."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from nbformat import v4

from reportkit import backup, evidence, verify
from reportkit.errors import DataError, HeldError, UsageError
from reportkit.ledger import Ledger, of
from reportkit.ledger.rebuild import rebuild
from reportkit.period import FiscalCalendar
from reportkit.run import Outcome, approval, dispatch, jobs, private, release, schema
from reportkit.run.folder import manifest
from reportkit.run.publication import publish
from reportkit.run.told import states
from reportkit.workers.pool import WarmPool
from tests import runs
from tests.notebooks.conftest import LOGIN, NOW, PERIOD, Desk
from tests.unit.workspaces import load, workspace

pytestmark = pytest.mark.xdist_group("evidence")

PARAMETERS = 'workspace = "."\nperiod = ""\nunit = ""\nknown_by = ""\nreport = ""\ntop = 3'
VIEW = "import reportkit as rk\nview = rk.open(workspace).at(period, unit=unit or None, known_by=known_by, report=report)"
CELLS: tuple[Any, ...] = (
    (VIEW, "setup"),
    ('rk.sections.cover(view, "Small report", "For a test")', "cover"),
    "import numpy, os\nprint(top, numpy.random.rand(), os.getcwd())",
    "rk.sections.sources(view)",
    "rk.sections.restatements(view)",
    "rk.sections.reproducibility(view)",
    ("import json\ntry:\n    json.loads('')\nexcept ValueError:\n    1 / 0", "raises-exception"),
)
SECRET = "k0rrekt-pferd-batterie"
BY = "Ada Lind"
BEFORE = FiscalCalendar().previous(PERIOD)
AT = NOW + timedelta(hours=1)
SETTINGS = """
[organisation]
name = "Acme"
[freshness]
kev = 10
[mail]
sender = "Security Office <security@example.org>"
pdf_password = "file:{secret}"
[measures]
modules = ["own.py"]
[[approval.approvers]]
name = "Ada Lind"
logins = ["ada"]
[audiences.board]
reports = ["tiny"]
domains = ["example.org"]
members = [{{ address = "anna@example.org" }}, {{ address = "ben@example.org" }}]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, pool: WarmPool) -> tuple[Path, Outcome]:
    """Give a workspace with a held run of a report that was told of the quarter before."""
    base = tmp_path_factory.mktemp("evidence")
    desk = Desk(base / "firm-of-this-machine", pool)
    (base / "secret.txt").write_text(SECRET)
    desk.configure(SETTINGS.format(secret=base / "secret.txt"))
    (desk.folder / "own.py").write_text('"""No measure of our own yet."""\n')
    (desk.folder / "commentary").mkdir()
    (desk.folder / "commentary/2026-Q3.md").write_text("All is well.\n")
    place = workspace(desk.folder, (desk.folder / "reportkit.toml").read_text())
    rows = [
        {"finding_id": f"F{n}", "severity": "high", "opened": date(2026, 5, 1), "state": "open"}
        for n in range(3)
    ]
    load(place, "findings", rows, datetime(2026, 10, 2), source="Scanner")
    load(
        place,
        "kev",
        [{"vuln_id": "CVE-2026-1", "date_added": date(2026, 8, 1)}],
        datetime(2026, 9, 1),
        source="CISA",
    )
    desk.notebook(*CELLS, v4.new_markdown_cell("All of it."), parameters=PARAMETERS)
    desk.run(period=BEFORE, now=datetime(2026, 10, 20))
    publish(desk.folder, "tiny", BEFORE, None, now=datetime(2026, 10, 20, 9))
    # The page and the mail are told apart by what stands in them; the instant has parts of a second, as clocks have.
    outcome = desk.run(
        formats=("html", "pdf", "email"), parameters={"top": "5"}, now=NOW.replace(microsecond=250)
    )
    return desk.folder, outcome


@pytest.fixture
def held(made: tuple[Path, Outcome], tmp_path: Path) -> tuple[Path, Path]:
    """Give a copy of the workspace, and its run."""
    folder, outcome = made
    copy = Path(shutil.copytree(folder, tmp_path / "firm"))
    return copy, copy / outcome.folder.relative_to(folder)


@pytest.fixture(scope="module")
def sent(made: tuple[Path, Outcome], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a workspace whose run was released, approved, published, and mailed into a folder."""
    folder, outcome = made
    copy = Path(shutil.copytree(folder, tmp_path_factory.mktemp("sent") / "firm"))
    place = copy / outcome.folder.relative_to(folder)
    said = manifest(place)
    release.release(copy, said, "fresh", reason="The catalogue has a day off", by=BY, now=AT)
    approval.approve(copy, place, said, approval.Ask(by=BY, now=AT))
    publish(copy, "tiny", PERIOD, None, now=AT)
    parcel = dispatch.parcel(copy, "tiny", PERIOD, None, AT)
    dispatch.put(of(copy), dispatch.addressed(copy, parcel, AT))
    dispatch.sender(copy, lambda: AT).run()
    return copy, place


@pytest.fixture(scope="module")
def pack(sent: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pack") / "tiny.zip"
    key = place.with_name("key.pem")
    openssl("genpkey", "-algorithm", "ed25519", "-out", key)
    assert evidence.make(*sent, place, evidence.Asked(extracts=True, key=str(key))) == []
    return place


def unpacked(pack: Path, folder: Path) -> Path:
    with zipfile.ZipFile(pack) as file:
        file.extractall(folder)
    return folder


def openssl(*words: object, at: Path | None = None) -> str:
    done = subprocess.run(["openssl", *map(str, words)], cwd=at, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- held, and released ----------------------------------------------------------------------------------------------


def test_a_held_run_goes_nowhere_until_somebody_releases_it(held: tuple[Path, Path], typed: Callable[..., Any]) -> None:  # fmt: skip
    firm, place = held
    said = manifest(place)
    assert said["state"] == "held"
    assert [g["name"] for g in said["gates"] if g["result"] == "fail" and g["holds"]] == ["fresh"]
    for asked in (("publish", "tiny", "2026-Q3"), ("approve", "tiny", "2026-Q3", "--by", BY)):
        ended = typed(*asked, "-w", firm)
        assert ended.code == 5
        assert f"reportkit release {place.name} --gate fresh" in ended.err
    words = ("release", place.name, "--gate", "fresh", "--reason", "A day off", "-w", firm)
    assert typed(*words, "--by", "Mallory").code == 2
    ended = typed(*words, "--by", "ada lind")
    assert (ended.code, "released" in ended.out) == (0, True)
    assert states(firm)[place.name] == "released"
    assert json.loads(typed("show", place.name, "--json", "-w", firm).out)["state"] == "released"
    assert manifest(place)["state"] == "held", "what the run said of itself is never changed"
    assert typed("publish", "tiny", "2026-Q3", "-w", firm).code == 0
    assert json.loads(typed("show", place.name, "--json", "-w", firm).out)["state"] == "final"
    page = (place / "final/report.html").read_text(encoding="utf-8")
    assert "1 released (fresh)" in page
    assert f"by {BY} on" in page
    assert "A day off" in page
    printed = subprocess.run(["pdftotext", "-layout", place / "final/report.pdf", "-"], capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert "A day off" in printed.rpartition("Released")[2]


def test_the_state_is_that_of_the_ledger_whatever_a_file_says(held: tuple[Path, Path]) -> None:
    firm, place = held
    path = place / "manifest.json"
    for state in ("final", "released", "published"):
        path.write_text(json.dumps(manifest(place) | {"state": state}))
        with pytest.raises(HeldError, match="is held and cannot be published"):
            publish(firm, "tiny", PERIOD, None, now=AT)


@pytest.mark.parametrize(
    ("gate", "reason", "by", "error", "said"),
    [
        ("bound", "x", BY, UsageError, "does not hold run .*did you mean|allowed: fresh"),
        ("fresh", " ", BY, UsageError, "needs --reason and --by"),
        ("fresh", "x", "", UsageError, "needs --reason and --by"),
        ("complete", "x", BY, HeldError, "is never released"),
    ],
)
def test_what_is_no_release(held: tuple[Path, Path], gate: str, reason: str, by: str, error: Any, said: str) -> None:  # fmt: skip
    firm, place = held
    found = manifest(place)
    if gate == "complete":
        found["gates"] = [{**one, "result": "fail"} if one["name"] == gate else one for one in found["gates"]]  # fmt: skip
    with pytest.raises(error, match=said):
        release.release(firm, found, gate, reason=reason, by=by, now=AT)
    assert states(firm).get(place.name) is None


def test_whoever_ran_it_does_not_release_it_where_four_eyes_are_asked_for(held: tuple[Path, Path]) -> None:  # fmt: skip
    firm, place = held
    path = firm / "reportkit.toml"
    text = path.read_text().replace('logins = ["ada"]', f'logins = ["{LOGIN}"]')
    path.write_text(text + "[approval]\nfour_eyes = true\n")
    with pytest.raises(HeldError, match="ran this report"):
        release.release(firm, manifest(place), "fresh", reason="x", by=BY, now=AT)


# ---- the manifest ----------------------------------------------------------------------------------------------------


def test_the_manifest_is_what_its_schema_says(made: tuple[Path, Outcome]) -> None:
    said = manifest(made[1].folder)
    assert schema.faults(said) == []
    assert schema.faults(said | {"seed": "x"}) == ["manifest.json: seed: Input should be a valid integer, unable to parse string as an integer"]  # fmt: skip
    assert "version 99" in schema.faults(said | {"manifest": 99})[0]
    assert said["parameters"]["top"] == {"value": 5, "origin": "given"}
    assert said["parameters"]["period"] == {"value": "2026-Q3", "origin": "runner"}
    rows = {
        one["table"]: (one["rows"], one["source"], one["recorded_at"]) for one in said["inputs"]
    }
    assert rows == {
        "findings": (3, "Scanner", "2026-10-02T00:00:00Z"),
        "kev": (1, "CISA", "2026-09-01T00:00:00Z"),
    }
    assert set(said["files"]) == {"commentary/2026-Q3.md", "own.py"}
    assert said["told"]["publications"] == 1
    assert {"python", "reportkit", "pandas", "numpy", "typst"} <= said["versions"].keys()


def test_the_fingerprint_follows_the_inputs_and_no_clock(desk: Desk) -> None:
    parameters = 'period = ""\ntop = 3'
    desk.notebook("print(top)", parameters=parameters)

    def found(**asked: Any) -> str:
        return str(desk.run(**asked).manifest["fingerprint"])

    first = found()
    assert found(now=NOW + timedelta(days=3)) == first
    assert found(parameters={"top": "4"}) != first
    (desk.folder / "commentary").mkdir()
    (desk.folder / "commentary/2026-Q3.md").write_text("Words.")
    assert found() != first
    (desk.folder / "commentary/2026-Q3.md").unlink()
    assert found() == first
    desk.configure('[organisation]\nname = "Other"\n')
    assert found() != first
    desk.configure('[due]\nowners = ["a@example.org"]\n')
    assert found() == first, "who is told is no input"


def test_the_last_page_says_what_it_was_made_from(made: tuple[Path, Outcome]) -> None:
    place, said = made[1].folder, made[1].manifest
    printed = subprocess.run(["pdftotext", "-layout", place / "report.pdf", "-"], capture_output=True, text=True, check=True).stdout  # fmt: skip
    last = printed[printed.rindex("How to make this report again") :]
    for words in (said["fingerprint"][:32], said["notebook"]["sha256"][:16], "4 in 2 loads of 2 tables", "top = 5", "holding it back (fresh)", str(said["seed"])):  # fmt: skip
        assert words in last.replace("\u200b", ""), words
    assert said["run_id"] not in printed
    assert said["run_id"] not in (place / "report.html").read_text(encoding="utf-8")


# ---- nothing of this machine -----------------------------------------------------------------------------------------


def texts(data: bytes, name: str) -> Iterator[bytes]:
    """Give a file, and what is packed in it."""
    yield data
    if name.endswith(".eml"):
        for part in message_from_bytes(data, policy=policy.default).walk():
            inner = part.get_payload(decode=True)
            if isinstance(inner, bytes):
                yield from texts(inner, part.get_filename() or "")
    if name.endswith(".pdf"):
        for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
            try:
                yield zlib.decompress(match[1])
            except zlib.error:
                continue


def test_no_secret_no_path_and_no_user_name_is_in_anything(sent: tuple[Path, Path], pack: Path, tmp_path: Path) -> None:  # fmt: skip
    firm, place = sent
    (tmp_path / "final.pdf").write_bytes((place / "final/report.pdf").read_bytes())
    for program in (("pdftotext", "-layout"), ("pdfinfo", "-meta"), ("pdfinfo",)):
        done = subprocess.run([*program, tmp_path / "final.pdf", *(["-"] if program[0] == "pdftotext" else [])], capture_output=True, check=True)  # fmt: skip
        (tmp_path / f"{'-'.join(program)}.txt").write_bytes(done.stdout)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    files |= {f"run/{path.relative_to(place)}": path.read_bytes() for path in place.rglob("*") if path.is_file()}  # fmt: skip
    files |= {f"mail/{path.name}": path.read_bytes() for path in (firm / "outbox").rglob("*.eml")}
    with zipfile.ZipFile(pack) as packed:
        files |= {f"pack/{name}": packed.read(name) for name in packed.namelist()}
    assert len(files) > 30
    words = [SECRET, str(firm), firm.parent.name, "firm-of-this-machine", LOGIN, sys.prefix, str(Path(json.__file__).parents[1]), str(Path(backup.__file__).parents[1])]  # fmt: skip
    found = [
        f"{word} in {name}"
        for name, data in files.items()
        for text in texts(data, name)
        for word in words
        if word.encode() in text
    ]
    assert found == []
    # What could have given it away is there, without it.
    executed = json.loads(files["run/notebook.ipynb"])
    said = json.dumps([cell.get("outputs") for cell in executed["cells"]])
    assert "ZeroDivisionError" in said
    assert private.login(firm, manifest(place)) == LOGIN


def test_a_secret_that_a_cell_prints_holds_the_run_for_good(desk: Desk, typed: Callable[..., Any]) -> None:  # fmt: skip
    (desk.folder / "secret.txt").write_text(SECRET)
    desk.configure(f'[mail]\npdf_password = "file:{desk.folder}/secret.txt"\n')
    outcome = desk.run("print(open('secret.txt').read())")
    gate = next(gate for gate in outcome.manifest["gates"] if gate["name"] == "secrets")
    assert outcome.state == "held"
    assert (gate["result"], SECRET in gate["reason"]) == ("fail", False)
    ended = typed("release", outcome.folder.name, "--gate", "secrets", "--reason", "x", "--by", "Ada", "-w", desk.folder)  # fmt: skip
    assert (ended.code, "never released" in ended.err) == (5, True)


# ---- the pack --------------------------------------------------------------------------------------------------------


def test_the_pack_checks_without_reportkit(pack: Path, tmp_path: Path) -> None:
    folder = unpacked(pack, tmp_path / "p")
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.count(": OK") == sum(1 for path in folder.rglob("*") if path.is_file()) - 2
    command = next(line.split() for line in (folder / "README.txt").read_text().splitlines() if line.startswith("    openssl"))  # fmt: skip
    assert "Verified Successfully" in openssl(*command[1:], at=folder)
    page = (folder / "index.html").read_text(encoding="utf-8")
    links = set(re.findall(r'href="([^"]+)"', page))
    assert {"final/report.pdf", "manifest.json", "figures.csv"} <= links
    assert all((folder / link).is_file() for link in links)
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    names = [json.loads(line)["of"] for line in (folder / "ledger.jsonl").read_text().splitlines()]
    assert names == ["releases", "events", "approvals", "events", "publications", "events"]
    assert "anna@example.org" not in "".join(path.read_text() for path in folder.glob("*.jsonl"))


def test_the_same_run_gives_the_same_pack(sent: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        evidence.make(*sent, tmp_path / name, evidence.Asked(extracts=True))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        evidence.make(*sent, tmp_path / "a.zip", evidence.Asked())


def test_a_pack_is_signed_with_a_certificate_that_an_authority_gave(sent: tuple[Path, Path], tmp_path: Path, typed: Callable[..., Any]) -> None:  # fmt: skip
    paper = runs.certificate(tmp_path, "auditor.example.org")
    other = runs.certificate(tmp_path, "other.example.org")
    place = tmp_path / "p.zip"
    firm, run = sent
    assert typed("bundle", run.name, place, "--key", paper, "--certificate", other, "-w", firm).code == 2  # fmt: skip
    assert typed("bundle", run.name, place, "--key", paper, "-w", firm).code == 0
    ended = typed("verify", place)
    assert "CN=auditor.example.org" in ended.out
    assert "was not asked" in ended.out
    assert typed("verify", place, "--signer", paper).code == 0
    ended = typed("verify", place, "--signer", other)
    assert (ended.code, "not whom --signer names" in ended.err) == (3, True)
    folder = unpacked(place, tmp_path / "p")
    openssl("x509", "-in", "signer.pem", "-pubkey", "-noout", "-out", "key.pem", at=folder)
    openssl("dgst", "-sha256", "-verify", "key.pem", "-signature", "SHA256SUMS.sig", "SHA256SUMS", at=folder)  # fmt: skip
    ended = typed("verify", place.with_name("none.zip"))
    assert (ended.code, "does not exist" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("final/report.pdf", "final/report.pdf is not what was written"),
        ("manifest.json", "manifest.json is not what was written"),
        ("figures.csv", "figures.csv is not what was written"),
        ("SHA256SUMS", "The signature is not of these files"),
    ],
)
def test_one_changed_byte_shows(pack: Path, tmp_path: Path, name: str, said: str) -> None:
    folder = unpacked(pack, tmp_path / "p")
    path = folder / name
    path.write_bytes(path.read_bytes()[:-3] + b"\n \n")
    assert any(said in fault for fault in evidence.check(folder).faults)


def test_one_changed_byte_of_any_file_shows(pack: Path, tmp_path: Path) -> None:
    folder = unpacked(pack, tmp_path / "p")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) > 25
    for path in files:
        was = path.read_bytes()
        path.write_bytes(was[:-1] + bytes([was[-1] ^ 1]))
        assert evidence.check(folder).faults, path
        path.write_bytes(was)
    assert evidence.check(folder).faults == ()


def test_what_was_added_or_taken_away_shows(pack: Path, tmp_path: Path) -> None:
    folder = unpacked(pack, tmp_path / "p")
    assert evidence.check(folder).faults == ()
    (folder / "more.txt").write_text("x")
    (folder / "approval.json").unlink()
    (folder / "SHA256SUMS.sig").unlink()
    assert evidence.check(folder).faults == (
        "approval.json is missing", "more.txt was added to the pack", "SHA256SUMS.sig is missing; the pack was signed",
    )  # fmt: skip


def test_links_swapped_files_and_a_name_twice_show(pack: Path, tmp_path: Path) -> None:
    folder = unpacked(pack, tmp_path / "p")
    page = folder / "report.html"
    page.rename(tmp_path / "elsewhere.html")
    page.symlink_to(tmp_path / "elsewhere.html")
    (folder / "nowhere.txt").symlink_to(tmp_path / "none")
    (folder / "outside").symlink_to(tmp_path)
    assert evidence.check(folder).faults == tuple(f"{name} is a link; a run and a pack hold none, so nothing of it was read" for name in ("nowhere.txt", "outside", "report.html"))  # fmt: skip
    folder = unpacked(pack, tmp_path / "q")
    one, other = folder / "README.txt", folder / "index.html"
    was = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(was)
    assert evidence.check(folder).faults == tuple(f"{name} is not what was written (its hash differs)" for name in ("README.txt", "index.html"))  # fmt: skip
    shutil.copy(pack, tmp_path / "twice.zip")
    with zipfile.ZipFile(tmp_path / "twice.zip", "a") as file, pytest.warns(UserWarning, match="Duplicate"):  # fmt: skip
        file.writestr("report.html", "another one")
    with pytest.raises(DataError, match=r"'report\.html' more than once"):
        evidence.check(tmp_path / "twice.zip")


def test_a_zip_that_leads_out_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as file:
        file.writestr("../outside.txt", "x")
    with pytest.raises(DataError, match="leads out of it"):
        evidence.check(tmp_path / "p.zip")
    assert not (tmp_path.parent / "outside.txt").exists()


def test_a_run_is_checked_where_it_lies(held: tuple[Path, Path], typed: Callable[..., Any]) -> None:
    firm, place = held
    assert typed("verify", place.name, "-w", firm).code == 0
    (place / "report.html").write_text("other")
    ended = typed("verify", place)
    assert (ended.code, "report.html is not what was written" in ended.err) == (3, True)
    ended = typed("bundle", place.name, firm.parent / "p.zip", "-w", firm)
    assert (ended.code, "no pack of it is made" in ended.err) == (3, True)


# ---- made again ------------------------------------------------------------------------------------------------------


def test_a_run_is_made_again_from_its_pack_byte_by_byte(pack: Path, pool: WarmPool) -> None:
    found = evidence.reproduce(pack, make=lambda asked, now: jobs.make(asked, now=now, pool=pool))
    assert found.same, found.to_dict()
    assert set(found.files) == {"notebook.ipynb", "report.html", "report.pdf", "message.eml", "final/report.html", "final/report.pdf", "final/message.eml"}  # fmt: skip


def test_what_differs_is_explained(held: tuple[Path, Path], tmp_path: Path, typed: Callable[..., Any]) -> None:  # fmt: skip
    """A run whose first cell says another thing each time, made by a release that never was."""
    firm, place = held
    said = manifest(place)
    executed = json.loads((place / "notebook.ipynb").read_text())
    cell = next(cell for cell in executed["cells"] if "numpy" in "".join(cell["source"]))
    cell["outputs"][0]["text"] = ["what it said then\n"]
    content = json.dumps(executed, indent=1).encode() + b"\n"
    (place / "notebook.ipynb").write_bytes(content)
    said["artefacts"] = {
        "notebook.ipynb": {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    }
    said["versions"] |= {"reportkit": "0.0.7", "typst": "0.14.0"}
    said["code"] = "0" * 64
    (place / "manifest.json").write_text(json.dumps(said))
    pack = tmp_path / "p.zip"
    assert typed("bundle", place.name, pack, "--with-extracts", "-w", firm).code == 0
    ended = typed("reproduce", pack)
    assert ended.code == 3
    assert "pip install reportkit-security==0.0.7 typst==0.14.0 gives the versions" in ended.err
    for words in (
        "the code of reportkit differs",
        "reportkit 0.0.7 made it",
        "what it said then",
        "typst",
        "bytes ",
    ):
        assert words in ended.out, ended.out
    assert re.search(r"cell \d+ .*output 1 says '5 0\.\d+", ended.out)


def test_a_pack_without_rows_is_not_made_again(sent: tuple[Path, Path], tmp_path: Path) -> None:
    lacking = evidence.make(*sent, tmp_path / "p.zip", evidence.Asked())
    assert "--with-extracts" in lacking[0]
    with pytest.raises(UsageError, match="holds no rows"):
        evidence.reproduce(tmp_path / "p.zip")


# ---- kept, lost and restored -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["copy.zip", "copy"])
def test_a_workspace_comes_back_whole(sent: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    firm, place = sent
    # As typed in the workspace: a way up and out of it.
    beside = firm / Path(*("..",) * len(firm.parent.parts)) / (tmp_path / name).relative_to("/")
    backup.backup(firm, beside, AT)
    again = tmp_path / "again"
    made = backup.restore(tmp_path / name, again)
    assert made.ledger == "ledger.db"
    assert verify.workspace(again) == verify.workspace(firm)
    assert of(again).publications() == of(firm).publications()
    for path in firm.rglob("*"):
        inner = path.relative_to(firm)
        if path.is_file() and path.name != "ledger.db" and inner.parts[:2] not in {("store", ".known"), ("store", ".spill")}:  # fmt: skip
            assert (again / inner).read_bytes() == path.read_bytes()
    with pytest.raises(UsageError, match="never overwrites"):
        backup.restore(tmp_path / name, again)
    with pytest.raises(UsageError, match="never overwrites"):
        backup.backup(firm, tmp_path / name, AT)
    assert manifest(again / place.relative_to(firm))["run_id"] == place.name


def test_a_damaged_backup_restores_nothing(sent: tuple[Path, Path], tmp_path: Path) -> None:
    backup.backup(sent[0], tmp_path / "copy", AT)
    extract = next((tmp_path / "copy/store/extracts").rglob("*.parquet"))
    extract.write_bytes(extract.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"its hash differs.*nothing was restored"):
        backup.restore(tmp_path / "copy", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    with pytest.raises(UsageError, match="is no backup"):
        backup.restore(sent[0], tmp_path / "again")
    with pytest.raises(UsageError, match="lies in the workspace"):
        backup.backup(sent[0], sent[0] / "copy", AT)


def test_a_lost_ledger_is_made_again_and_nobody_gets_a_second_mail(sent: tuple[Path, Path], tmp_path: Path, typed: Callable[..., Any]) -> None:  # fmt: skip
    firm = Path(shutil.copytree(sent[0], tmp_path / "firm"))
    told, mails = of(firm).publications(), sorted(path.name for path in (firm / "outbox").rglob("*"))  # fmt: skip
    (firm / "ledger.db").unlink()
    assert typed("rebuild", "-w", firm).code == 0
    assert Ledger(firm).publications() == told
    assert typed("send", "tiny", "2026-Q3", "-w", firm).code == 0
    assert sorted(path.name for path in (firm / "outbox").rglob("*")) == mails
    assert {one["state"] for one in json.loads(typed("deliveries", "--json", "-w", firm).out)} == {"accepted"}  # fmt: skip
    assert typed("verify", "-w", firm).code == 0
    assert typed("rebuild", "-w", firm).code == 2
    with pytest.raises(UsageError):
        rebuild(of(firm), AT)
