"""Approvals: of exact bytes, by listed people, n of m, with two pairs of eyes and signatures."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from reportkit.errors import ConfigError, HeldError, UsageError
from reportkit.ledger import approvals, of
from reportkit.ledger.approvals import Approval
from reportkit.run import approval, edition, publication
from reportkit.run.folder import manifest
from tests.runs import NOW, PERIOD, approved, drafted

PEOPLE = '[approval]\nrequired = {required}\n{more}\n[[approval.approvers]]\nname = "Ada Lind"\naddress = "ada@example.org"\n[[approval.approvers]]\nname = "Bo Ek"\nlogins = ["bo"]\n{key}'


def text(required: int = 1, more: str = "", key: str = "") -> str:
    return "[report]\napproval = true\n" + PEOPLE.format(required=required, more=more, key=key)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("approval") / "firm"
    drafted(folder, text(), by="bo", kinds=("email",))
    return folder


@pytest.fixture
def firm(run_folder: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(run_folder, tmp_path / "firm"))


def place(folder: Path) -> Path:
    return publication.latest(folder, "board", PERIOD, None)


def standing(folder: Path, **later: float) -> approval.Standing:
    run = place(folder)
    return approval.standing(folder, run, manifest(run), NOW + timedelta(**later))


def test_two_of_three_and_expiry(firm: Path) -> None:
    (firm / "reportkit.toml").write_text(text(2, "expires_days = 3"))
    assert not standing(firm).complete
    for name in ("Ada Lind", "ada lind"):
        assert not approved(firm, place(firm), name).complete
    with pytest.raises(HeldError, match=r"is not approved \(1 of 2\), which \[report\] approval asks for"):  # fmt: skip
        publication.publish(firm, "board", PERIOD, None, now=NOW)
    assert approved(firm, place(firm), "Bo Ek").complete
    # The first hour of the fourth day is too late.
    assert standing(firm, days=3).complete
    assert not standing(firm, days=3, hours=1).complete


def test_another_file_than_was_approved_is_found(firm: Path) -> None:
    approved(firm, place(firm), "Ada Lind")
    final = place(firm) / "final"
    said = json.loads((place(firm) / "approval.json").read_text())
    assert said["complete"] is True
    assert list(said["artefacts"]) == ["message.eml"]
    (final / "message.eml").write_bytes(b"Subject: another\r\n\r\nx")
    with pytest.raises(HeldError, match="is not the file that was made final"):
        standing(firm)


def test_a_final_edition_made_anew_with_other_bytes_is_not_approved(firm: Path) -> None:
    approved(firm, place(firm), "Ada Lind")
    final = place(firm) / "final"
    (final / "message.eml").write_bytes(b"Subject: another\r\n\r\nx")
    said = manifest(final)
    import hashlib

    said["artefacts"]["message.eml"]["sha256"] = hashlib.sha256(b"Subject: another\r\n\r\nx").hexdigest()  # fmt: skip
    (final / "manifest.json").write_text(json.dumps(said))
    assert standing(firm).edition is not None
    assert not standing(firm).complete


def test_the_final_edition_bears_no_status_and_the_draft_does(firm: Path) -> None:
    approved(firm, place(firm), "Ada Lind")
    assert b"Draft" in (place(firm) / "message.eml").read_bytes()
    for word in (b"Draft", b"draft", b"Final"):
        assert word not in (place(firm) / "final" / "message.eml").read_bytes()
    # Approving again makes no other bytes.
    before = edition.read(place(firm))
    approved(firm, place(firm), "Bo Ek")
    assert edition.read(place(firm)) == before


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("Ada Lin", "not a listed approver of board; did you mean 'Ada Lind'"),
        ("", "is not a listed"),
    ],
)
def test_only_listed_people(firm: Path, by: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        approved(firm, place(firm), by)


def test_nobody_listed(firm: Path) -> None:
    (firm / "reportkit.toml").write_text("[report]\napproval = true\n")
    with pytest.raises(ConfigError, match=r"list who may in reportkit.toml as \[\[approval.approvers\]\]"):  # fmt: skip
        approved(firm, place(firm), "Ada Lind")


def test_somebody_taken_off_the_list_counts_no_more(firm: Path) -> None:
    approved(firm, place(firm), "Ada Lind")
    assert standing(firm).complete
    config = (firm / "reportkit.toml").read_text()
    (firm / "reportkit.toml").write_text(config.replace("Ada Lind", "Cy Holm"))
    assert not standing(firm).complete


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Ada Lind", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]  # fmt: skip
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def test_whoever_had_a_hand_in_it_cannot_approve(firm: Path) -> None:
    (firm / "reportkit.toml").write_text(text(1, "four_eyes = true"))
    with pytest.raises(HeldError, match=r"Bo Ek ran this report, and \[approval\] four_eyes asks"):
        approved(firm, place(firm), "Bo Ek")
    (firm / "commentary").mkdir()
    (firm / "commentary" / "2026-Q3.md").write_text("Loss is within appetite.")
    git(firm, "init", "-q")
    git(firm, "add", "commentary")
    git(firm, "commit", "-qm", "words")
    with pytest.raises(HeldError, match=r"Ada Lind last changed 2026-Q3\.md"):
        approved(firm, place(firm), "Ada Lind")


def key_pair(folder: Path) -> tuple[Path, str]:
    key = Ed25519PrivateKey.generate()
    path = folder / "id_ed25519"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return path, key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def test_a_signature_is_asked_for_and_verified(firm: Path, tmp_path: Path) -> None:
    path, public = key_pair(tmp_path)
    (firm / "reportkit.toml").write_text(text(key=f'key = "{public}"\n'))
    with pytest.raises(UsageError, match="Bo Ek approves with a signature; give the private key"):
        approved(firm, place(firm), "Bo Ek")
    found = approved(firm, place(firm), "Bo Ek", key=str(path))
    (one,) = found.valid
    assert (one.standing, found.words()) == ("signed", ["Approved by Bo Ek (12 October 2026, signed)."])  # fmt: skip
    # With the published statement and OpenSSL's own reading of the key.
    said = json.loads((place(firm) / "approval.json").read_text())["approvals"][0]
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    listed: Any = load_ssh_public_key(public.encode())
    (tmp_path / "pub.pem").write_bytes(listed.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))  # fmt: skip
    (tmp_path / "statement").write_bytes(said["statement"].encode())
    (tmp_path / "signature").write_bytes(base64.b64decode(said["signature"]))
    subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "pub.pem", "-rawin", "-in", tmp_path / "statement", "-sigfile", tmp_path / "signature"],
        check=True, capture_output=True,
    )  # fmt: skip


def test_another_key_approves_nothing(firm: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    _, public = key_pair(tmp_path / "a")
    other, _ = key_pair(tmp_path)
    (firm / "reportkit.toml").write_text(text(key=f'key = "{public}"\n'))
    with pytest.raises(HeldError, match="--key is not the key of Bo Ek; nothing was approved"):
        approved(firm, place(firm), "Bo Ek", key=str(other))
    assert approvals.of_run(of(firm), manifest(place(firm))["run_id"]) == []


def test_a_last_word_counts() -> None:
    def one(action: Any, digest: str = "d") -> Approval:
        return Approval(report="b", period="p", unit="", run_id="r", digest=digest, by="Ada", at=NOW, action=action)  # fmt: skip

    assert approvals.valid([one("approve")], "d", NOW) == [one("approve")]
    assert approvals.valid([one("approve"), one("revoke")], "d", NOW) == []
    assert approvals.valid([one("approve"), one("revoke"), one("approve")], "d", NOW) == [one("approve")]  # fmt: skip
    assert approvals.valid([one("approve", "e")], "d", NOW) == []


def test_who_has_no_approval_cannot_take_one_back(firm: Path) -> None:
    asked = approval.Ask(by="Ada Lind", now=NOW)
    with pytest.raises(UsageError, match="has no approval of run"):
        approval.revoke(firm, place(firm), manifest(place(firm)), asked)
