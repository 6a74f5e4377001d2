"""Due runs: each once, by whoever comes first; what did not happen is told once; kills lose and double nothing."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics import parser

from reportkit import config
from reportkit.due import dry, idle, play, watch
from reportkit.due.work import Work
from reportkit.errors import TemporaryError
from reportkit.ledger import claims, deliveries, leases, of
from reportkit.ledger.claims import Claim, Desk
from tests.runs import NOW, PERIOD, Post, approved, drafted, settings, smtp

SCHEDULE = """
[[schedule]]
report = "board"
when = "5th business day after quarter end at 07:00"
zone = "Europe/Berlin"
holidays = "DE-BE"
"""
OWNERS = '[due]\nowners = ["owner@example.org"]\n'
#: 07:00 in Berlin on the fifth business day of October 2026.
DUE = datetime(2026, 10, 7, 5)


def workspace(folder: Path, mail: str = "", more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = settings(mail, more=OWNERS + more + SCHEDULE)
    (folder / "reportkit.toml").write_text(text, encoding="utf-8")
    return folder


def states(folder: Path) -> dict[str, str]:
    return {one.period + one.unit: one.state for one in claims.find(of(folder))}


def notices(folder: Path) -> list[str]:
    found = deliveries.find(of(folder), kind="notice")
    return [f"{one.period} {one.about}" for one in found]


# ---- planning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (DUE - timedelta(seconds=1), []),
        (DUE, [("2026-Q3", DUE)]),
        # The machine was off for three weeks, and past midnight the period is still that of the due time.
        (datetime(2026, 10, 28, 23, 30), [("2026-Q3", DUE)]),
        # After thirty days nobody wants it by itself.
        (datetime(2026, 11, 20), []),
    ],
)
def test_what_was_missed_is_caught_up_once(tmp_path: Path, now: datetime, found: list[object]) -> None:  # fmt: skip
    folder = workspace(tmp_path / "firm")
    planned = dry(folder, lambda: now)
    assert [(one.period, one.scheduled_at) for one in planned] == found
    assert not (folder / "ledger.db").exists()


def test_what_nobody_ran_for_too_long_is_told_as_missed(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "firm")
    ledger = of(folder)
    claims.plan(ledger, [Claim(report="board", period="2026-Q2", unit="", scheduled_at=datetime(2026, 7, 7, 5), state="done")], NOW)  # fmt: skip
    play(folder, lambda: datetime(2026, 12, 20))
    assert states(folder)["2026-Q3"] == "missed"
    assert "2026-Q3 missed 1 begun" in notices(folder)


def test_a_report_published_by_hand_is_not_run_again(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "firm")
    place = drafted(folder, (folder / "reportkit.toml").read_text())
    approved(folder, place, "Ada Lind")
    from reportkit.run import publication

    publication.publish(folder, "board", PERIOD, None, now=NOW)
    assert play(folder, lambda: NOW).made == 0
    assert states(folder) == {"2026-Q3": "done"}


IDLE = """
import sys
from datetime import datetime
from pathlib import Path
from reportkit.due import play
found = play(Path(sys.argv[1]), lambda: datetime.fromisoformat(sys.argv[2]))
print(found.made, len(found.troubles), "sqlalchemy" in sys.modules)
"""


def test_that_nothing_is_due_is_remembered_until_something_changes(tmp_path: Path) -> None:
    """Who asks every hour loads no database; a due time, another configuration, or a word in the ledger is noticed."""
    folder = workspace(tmp_path / "firm")
    claims.plan(of(folder), [Claim(report="board", period="2026-Q3", unit="", scheduled_at=DUE, state="done")], NOW)  # fmt: skip

    play(folder, lambda: NOW)
    command = [sys.executable, "-c", IDLE, str(folder), (NOW + timedelta(hours=1)).isoformat()]
    asked = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert asked == ["0", "0", "False"]
    # The clock was put back; and a day later somebody looks in any case.
    assert not idle.still(folder, NOW - timedelta(hours=1))
    assert not idle.still(folder, NOW + timedelta(days=1))
    assert idle.still(folder, NOW)
    (folder / "store" / "loads" / "units").mkdir(parents=True)
    assert not idle.still(folder, NOW)
    play(folder, lambda: NOW)
    assert idle.still(folder, NOW)
    claims.plan(of(folder), [Claim(report="board", period="2026-Q2", unit="", scheduled_at=DUE, state="failed")], NOW)  # fmt: skip
    assert len(play(folder, lambda: NOW).troubles) == 1
    assert not idle.still(folder, NOW)
    path = folder / "reportkit.toml"
    idle.keep(folder, idle.state(folder), NOW, None)
    assert idle.still(folder, NOW)
    path.write_text(path.read_text().replace("07:00", "07:01"))
    assert not idle.still(folder, NOW)


def test_a_due_time_is_not_slept_through(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "firm")
    play(folder, lambda: DUE - timedelta(hours=2))
    assert idle.still(folder, DUE - timedelta(seconds=1))
    assert not idle.still(folder, DUE)


# ---- leases ----------------------------------------------------------------------------------------------------------


def test_of_many_at_once_one_takes_a_run(tmp_path: Path) -> None:
    ledger = of(workspace(tmp_path / "firm"))
    claims.plan(ledger, [Claim(report="board", period="2026-Q3", unit=f"U{i}", scheduled_at=DUE) for i in range(5)], NOW)  # fmt: skip
    taken: list[str] = []

    def work() -> None:
        desk = Desk(of(tmp_path / "firm"), leases.token())
        while (one := desk.take(NOW, most=4)) is not None:
            taken.append(one.unit)
            assert desk.land(one, "drafted", NOW)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"U{i}" for i in range(5)]


def test_who_lost_the_lease_lands_nothing(tmp_path: Path) -> None:
    ledger = of(workspace(tmp_path / "firm"))
    claims.plan(ledger, [Claim(report="board", period="2026-Q3", unit="", scheduled_at=DUE)], NOW)
    slow, quick = (Desk(ledger, leases.token(), timedelta(minutes=5)) for _ in range(2))
    first = slow.take(NOW, most=4)
    assert first is not None
    assert quick.take(NOW + timedelta(minutes=4), most=4) is None
    assert slow.renew(first, NOW + timedelta(minutes=4))
    assert quick.take(NOW + timedelta(minutes=8), most=4) is None
    second = quick.take(NOW + timedelta(minutes=10), most=4)
    assert second is not None
    written: list[str] = []
    assert not slow.renew(first, NOW + timedelta(minutes=11))
    assert not slow.land(first, "drafted", NOW, also=lambda _: written.append("slow"))
    assert quick.land(second, "drafted", NOW, also=lambda _: written.append("quick"))
    assert written == ["quick"]


def test_a_process_that_ended_holds_nothing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from reportkit.ledger import leases; print(leases.token())"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    assert leases.gone(ended)
    assert not leases.gone(leases.token())
    assert not leases.gone(leases.token().replace(":", "x:", 1))
    ledger = of(workspace(tmp_path / "firm"))
    claims.plan(ledger, [Claim(report="board", period="2026-Q3", unit="", scheduled_at=DUE)], NOW)
    assert Desk(ledger, ended).take(NOW, most=4) is not None
    again = Desk(ledger, leases.token()).take(NOW, most=4)
    assert again is not None
    assert again.attempts == 2


def test_only_a_temporary_cause_is_tried_again(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "firm")
    ledger = of(folder)
    desk = Desk(ledger, leases.token())
    work = Work(folder, config.read(folder), ledger, desk, lambda: NOW)
    claims.plan(ledger, [Claim(report="board", period="2026-Q3", unit="", scheduled_at=DUE)], NOW)
    waits = []
    for _ in range(4):
        one = desk.take(NOW + timedelta(days=1), most=4)
        assert one is not None
        work._failed(one, TemporaryError("The disk is full."))
        kept = claims.find(ledger)[0]
        waits.append((kept.state, (kept.not_before or NOW) - NOW))
    minutes = [timedelta(minutes=m) for m in (5, 10, 20)]
    assert waits[:3] == [("due", pause) for pause in minutes]
    assert waits[3][0] == "failed"


def test_a_broken_request_is_tried_once(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "firm")
    text = (folder / "reportkit.toml").read_text()
    (folder / "reportkit.toml").write_text(text.replace('report = "board"\nwhen', 'report = "nothing"\nwhen'))  # fmt: skip
    for _ in range(2):
        result = play(folder, lambda: NOW)
        assert [one.kind for one in result.troubles] == ["failed"]
        assert "report 'nothing' does not exist" in result.troubles[0].said
    assert claims.find(of(folder))[0].attempts == 1
    assert notices(folder) == ["2026-Q3 failed 1 begun"]


# ---- from draft to readers -------------------------------------------------------------------------------------------


def test_an_approved_report_goes_out_by_itself_and_owners_hear_once(tmp_path: Path) -> None:
    more = "metrics_file = 'metrics.prom'\nheartbeat = true\n[approval]\nrequired = 2\nexpires_days = 30000\n"
    folder = workspace(tmp_path / "firm", more=more)
    text = (folder / "reportkit.toml").read_text()
    (folder / "reportkit.toml").write_text(text.replace("[approval]\nexpires_days = 30000\n", "", 1))  # fmt: skip
    ledger = of(folder)
    claims.plan(ledger, [Claim(report="board", period="2026-Q3", unit="", scheduled_at=DUE, state="failed", said="no disk")], DUE)  # fmt: skip
    early = NOW - timedelta(days=1)
    for _ in range(3):
        assert [one.kind for one in play(folder, lambda: early).troubles] == ["failed"]
    place = drafted(folder, (folder / "reportkit.toml").read_text())
    assert play(folder, lambda: NOW).troubles == []
    assert states(folder) == {"2026-Q3": "drafted"}
    assert notices(folder) == [
        "2026-Q3 failed 1 begun",
        "2026-10-11 heartbeat",
        "2026-Q3 failed 1 over",
        "2026-10-12 heartbeat",
    ]
    drafts = deliveries.find(ledger, kind="draft")
    assert [one.recipient for one in drafts] == ["owner@example.org"]
    # Nobody approves for two days: that is told once.
    for _ in range(2):
        late = play(folder, lambda: NOW + timedelta(days=2))
        assert [one.kind for one in late.troubles] == ["overdue"]
        assert "waits for approval (0 of 2)" in late.troubles[0].said
    assert notices(folder).count("2026-Q3 overdue 1 begun") == 1
    approved(folder, place, "Ada Lind", NOW + timedelta(days=2))
    assert play(folder, lambda: NOW + timedelta(days=2, hours=2)).sent == {}
    approved(folder, place, "Bo Ek", NOW + timedelta(days=2))
    result = play(folder, lambda: NOW + timedelta(days=2, hours=3))
    assert result.troubles == []
    assert {one.recipient for one in deliveries.find(ledger)} == {"anna@example.org", "ben@example.org", "cleo@example.org"}  # fmt: skip
    assert notices(folder).count("2026-Q3 overdue 1 over") == 1
    assert states(folder) == {"2026-Q3": "done"}
    text = (folder / "metrics.prom").read_text()
    read: Any = parser.text_string_to_metric_families
    families = {family.name: family for family in read(text)}
    runs = {s.labels["state"]: s.value for s in families["reportkit_runs"].samples}
    assert runs["done"] == 1
    assert families["reportkit_next_run_timestamp_seconds"].samples[0].value == datetime(2027, 1, 8, 6).timestamp() + time.localtime().tm_gmtoff  # fmt: skip


def test_a_draft_says_what_is_asked_and_a_final_does_not(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "firm")
    place = drafted(folder, (folder / "reportkit.toml").read_text(), started=NOW)
    ledger = of(folder)
    claims.plan(ledger, [Claim(report="board", period="2026-Q3", unit="", scheduled_at=DUE, state="held", said="bound")], DUE)  # fmt: skip
    play(folder, lambda: NOW)
    assert [one.state for one in deliveries.find(ledger, kind="draft")] == ["accepted"]
    approved(folder, place, "Ada Lind")
    play(folder, lambda: NOW + timedelta(hours=2))
    texts = [path.read_text() for path in sorted((folder / "outbox").glob("*.eml"))]
    subjects = Counter(next(line for line in text.splitlines() if line.startswith("Subject:")) for text in texts)  # fmt: skip
    drafts = [number for subject, number in subjects.items() if "Draft" in subject]
    assert drafts == [1]
    assert sum(subjects.values()) == 4


def test_unsent_mail_is_an_incident_until_it_is_sent_again(tmp_path: Path) -> None:
    with smtp(Post(refuse={"ben@example.org": "550 no such user"})) as post:
        mail = f'transport = "smtp"\nsmtp = {{ host = "localhost", port = {post.port}, security = "none" }}'  # fmt: skip
        folder = workspace(tmp_path / "firm", mail)
        place = drafted(folder, (folder / "reportkit.toml").read_text())
        ledger = of(folder)
        claims.plan(ledger, [Claim(report="board", period="2026-Q3", unit="", scheduled_at=DUE, state="failed")], DUE)  # fmt: skip
        play(folder, lambda: NOW)
        approved(folder, place, "Ada Lind")
        result = play(folder, lambda: NOW + timedelta(hours=2))
        assert [one.kind for one in result.troubles] == ["unsent"]
        assert "ben@example.org: refused, 550 no such user" in result.troubles[0].said
        assert states(folder) == {"2026-Q3": "released"}
        post.refuse = {}
        from reportkit.run import dispatch

        later = NOW + timedelta(hours=3)
        found = dispatch.parcel(folder, "board", PERIOD, None, later)
        wanted = dispatch.addressed(folder, found, later, ["ben@example.org"])
        dispatch.put(ledger, dispatch.again(ledger, wanted))
        assert play(folder, lambda: later).troubles == []
        assert states(folder) == {"2026-Q3": "done"}
        assert notices(folder)[-2:] == ["2026-Q3 unsent 1 begun", "2026-Q3 unsent 1 over"]


def test_a_draft_that_was_refused_is_an_incident_at_once(tmp_path: Path) -> None:
    with smtp(Post(refuse={"owner@example.org": "550 no such user"})) as post:
        mail = f'transport = "smtp"\nsmtp = {{ host = "localhost", port = {post.port}, security = "none" }}'  # fmt: skip
        folder = workspace(tmp_path / "firm", mail)
        place = drafted(folder, (folder / "reportkit.toml").read_text())
        claims.plan(of(folder), [Claim(report="board", period="2026-Q3", unit="", scheduled_at=DUE, state="failed")], DUE)  # fmt: skip
        (trouble,) = play(folder, lambda: NOW).troubles
        assert trouble.kind == "unsent"
        assert "owner@example.org: refused, 550 no such user" in trouble.said
        assert states(folder) == {"2026-Q3": "drafted"}
        assert notices(folder) == ["2026-Q3 unsent 1 begun"]
        approved(folder, place, "Ada Lind")
        assert play(folder, lambda: NOW + timedelta(hours=2)).troubles == []
        assert notices(folder)[-1] == "2026-Q3 unsent 1 over"


def test_what_cannot_be_addressed_is_told_and_nothing_is_sent(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "firm")
    text = (folder / "reportkit.toml").read_text().replace("ben@example.org", "ben@elsewhere.net")
    place = drafted(folder, text)
    claims.plan(of(folder), [Claim(report="board", period="2026-Q3", unit="", scheduled_at=DUE, state="failed")], DUE)  # fmt: skip
    play(folder, lambda: NOW)
    approved(folder, place, "Ada Lind")
    result = play(folder, lambda: NOW + timedelta(hours=2))
    assert [one.kind for one in result.troubles] == ["unsent"]
    assert "ben@elsewhere.net is outside of its domains" in result.troubles[0].said
    assert deliveries.find(of(folder)) == []


def test_a_run_that_may_not_land_leaves_nothing(tmp_path: Path) -> None:
    """Held by the run itself: the folder of a run that was taken over is never put in its place."""
    from nbformat import v4, write

    from reportkit.run import Request
    from reportkit.run.report import run

    folder = workspace(tmp_path / "firm")
    (folder / "notebooks").mkdir()
    write(v4.new_notebook(cells=[v4.new_code_cell("1 + 1")]), folder / "notebooks" / "tiny.ipynb")
    with pytest.raises(TemporaryError, match="was taken over by another process"):
        run(
            Request(workspace=folder, report="tiny", period=PERIOD, formats=()),
            now=NOW, may_land=lambda: False,
        )  # fmt: skip
    assert list((folder / "runs").rglob("*")) == []


def test_what_is_due_together_is_made_in_warm_processes_and_landed_by_whoever_holds_it(tmp_path: Path) -> None:  # fmt: skip
    from nbformat import v4, write

    folder = workspace(tmp_path / "firm")
    (folder / "notebooks").mkdir()
    parameters = v4.new_code_cell('unit = ""', metadata={"tags": ["parameters"]})
    slow = v4.new_code_cell("if unit == 'LOST':\n    import pathlib, time\n    while not pathlib.Path('taken').exists():\n        time.sleep(0.05)")  # fmt: skip
    write(v4.new_notebook(cells=[parameters, slow]), folder / "notebooks" / "tiny.ipynb")
    ledger = of(folder)
    units = ("A", "B", "LOST")
    claims.plan(ledger, [Claim(report="tiny", period="2026-Q3", unit=unit, scheduled_at=DUE) for unit in units], NOW)  # fmt: skip
    desk = Desk(ledger, leases.token())

    def tell(said: str) -> None:
        if said == "tiny 2026-Q3 LOST: running":
            one = next(one for one in claims.find(ledger) if one.unit == "LOST")
            assert desk.change(one, "running", NOW, before="running", owned_by=desk.owner, owner="there:2")  # fmt: skip
            (folder / "taken").touch()

    assert Work(folder, config.read(folder), ledger, desk, lambda: NOW, tell).make_all() == 3
    assert {one.unit: one.state for one in claims.find(ledger)} == {"A": "drafted", "B": "drafted", "LOST": "running"}  # fmt: skip
    made = [json.loads(path.read_text()) for path in folder.glob("runs/tiny/*/*/*/manifest.json")]
    assert {said["unit"]: said["kernel"]["process"] for said in made} == {"A": "forked", "B": "forked"}  # fmt: skip


# ---- kills -----------------------------------------------------------------------------------------------------------

MEMBERS = [f"m{number:02}@example.org" for number in range(40)]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with an approved run for forty people, which nobody has told or sent yet."""
    folder = workspace(tmp_path_factory.mktemp("ready") / "firm")
    text = (folder / "reportkit.toml").read_text()
    head, tail = text.partition("members = [")[::2]
    listed = ", ".join(f'{{ address = "{one}", edition = "summary" }}' for one in MEMBERS)
    place = drafted(folder, f"{head}members = [{listed}]{tail.partition(']')[2]}")
    claims.plan(of(folder), [Claim(report="board", period="2026-Q3", unit="", scheduled_at=DUE, state="failed")], DUE)  # fmt: skip
    approved(folder, place, "Ada Lind")
    return folder


#: Loads everything once and forks for each command, so that a kill falls into work and not into imports.
WARM = """
import os, sys
from reportkit import cli
import reportkit.cli.app, reportkit.deliver.smtp, reportkit.due.work, reportkit.due.watch, reportkit.run.dispatch, email_validator
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        sys.argv = ["reportkit", *line.split()]
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            cli.main()
        finally:
            os._exit(0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


class Warm:
    """A process that runs commands of reportkit, each in a fork of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WARM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )  # fmt: skip

    def _read(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def start(self, words: str) -> int:
        """Begin a command; gives its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n")
        self._process.stdin.flush()
        return self._read()

    def ended(self) -> int:
        """Wait for its end; gives the signal that ended it, or 0."""
        return os.WTERMSIG(self._read())

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    found = Warm()
    yield found
    found.close()


@dataclass
class Killed:
    """What came of trials."""

    kills: int = 0
    recipients: int = 0
    uncertain: int = 0
    doubled: int = 0
    forgotten: int = 0


def trial(ready: Path, folder: Path, warm: Warm, words: str, kills: int, rng: random.Random) -> Killed:  # fmt: skip
    """Kill a command again and again at random moments, until it ends before its kill or was killed so often; then let it end.

    A third of the kills fall anywhere in the time that the command took to its first messages; the others right at a message,
    where the state of a delivery changes.
    """
    found = Killed(recipients=len(MEMBERS))
    shutil.copytree(ready, folder)
    with smtp(Post(pause=0.01)) as post:
        mail = f'[mail]\ntransport = "smtp"\nsmtp = {{ host = "localhost", port = {post.port}, security = "none" }}'  # fmt: skip
        path = folder / "reportkit.toml"
        path.write_text(path.read_text().replace("[mail]", mail))
        if words == "send":
            from reportkit.run import publication

            publication.publish(folder, "board", PERIOD, None, now=datetime.now(UTC).replace(tzinfo=None))  # fmt: skip
        command = {"send": "send board 2026-Q3", "due": "due"}[words] + f" -w {folder}"
        loading = 0.0
        while found.kills < kills:
            had, begun = len(post.took), time.monotonic()
            pid = warm.start(command)
            if loading and rng.random() < 1 / 3:
                time.sleep(rng.uniform(0, loading))
            else:
                more = rng.randrange(1, 5)
                while len(post.took) < min(had + more, len(MEMBERS)) and time.monotonic() < begun + 60:  # fmt: skip
                    time.sleep(0.001)
                loading = loading or time.monotonic() - begun
                time.sleep(rng.uniform(0, 0.05))
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            if warm.ended() != signal.SIGKILL:
                break
            found.kills += 1
        warm.start(command)
        assert not warm.ended()
        got = Counter(one for one in post.recipients() if one != "owner@example.org")
    last = {one.recipient: one.state for one in deliveries.find(of(folder))}
    assert sorted(last) == MEMBERS
    found.uncertain = sum(state == "uncertain" for state in last.values())
    found.doubled = sum(number > 1 for number in got.values())
    # A message that is uncertain is shown, so it is not forgotten; one that is accepted must have come.
    found.forgotten = sum(state not in {"accepted", "uncertain"} or (state == "accepted" and not got[one]) for one, state in last.items())  # fmt: skip
    assert len(of(folder).publications()) == 1
    return found


@pytest.mark.parametrize("words", ["due", "send"])
def test_kills_lose_and_double_nothing(ready: Path, tmp_path: Path, warm: Warm, words: str) -> None:
    found = trial(ready, tmp_path / "firm", warm, words, 2, random.Random(7))
    assert found.kills == 2
    assert (found.doubled, found.forgotten) == (0, 0)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("words", ["due", "send"])
def test_kills_lose_and_double_nothing_many_times(
    ready: Path, tmp_path: Path, warm: Warm, words: str, seed: int
) -> None:
    """Fifteen kills each, 240 in all; ``-rP`` shows what came of them."""
    rng, whole = random.Random(seed), Killed()
    while whole.kills < 15:
        found = trial(ready, tmp_path / f"firm{whole.recipients}", warm, words, 15 - whole.kills, rng)  # fmt: skip
        whole = Killed(*(a + b for a, b in zip(astuple(whole), astuple(found), strict=True)))
    sys.stdout.write(f"{words} {seed}: {whole}\n")
    assert (whole.doubled, whole.forgotten) == (0, 0)


#: Two hundred processes that have loaded everything and begin in the same moment.
CROWD = """
import os, sys
from reportkit import cli
import reportkit.cli.app, reportkit.due.work, reportkit.due.watch, reportkit.run.dispatch
ready, go = os.pipe()
children = []
for _ in range(200):
    pid = os.fork()
    if pid == 0:
        os.close(go)
        os.read(ready, 1)
        sys.argv = ["reportkit", "due", "-w", sys.argv[1]]
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            cli.main()
        except SystemExit as ended:
            os._exit(int(ended.code or 0))
        except BaseException:
            os._exit(99)
        os._exit(0)
    children.append(pid)
os.close(go)
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
print({code: codes.count(code) for code in set(codes)})
"""


@pytest.mark.soak
def test_two_hundred_at_once_make_one_run(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "firm")
    text = (folder / "reportkit.toml").read_text()
    (folder / "notebooks").mkdir()
    from nbformat import v4, write

    write(v4.new_notebook(cells=[v4.new_markdown_cell("# One", metadata={"tags": ["email"]}), v4.new_code_cell("1 + 1")]), folder / "notebooks" / "tiny.ipynb")  # fmt: skip
    (folder / "reportkit.toml").write_text(text.replace('report = "board"\nwhen', 'report = "tiny"\nwhen').replace("[due]", "[due]\nstale_days = 200"))  # fmt: skip
    done = subprocess.run([sys.executable, "-c", CROWD, str(folder)], capture_output=True, text=True, check=True)  # fmt: skip
    found = claims.find(of(folder))
    made = Counter(path.parent.parent.parent.name for path in folder.glob("runs/tiny/*/_all/*/manifest.json"))  # fmt: skip
    drafts = deliveries.find(of(folder), kind="draft")
    sys.stdout.write(f"exit codes {done.stdout.strip()}; {len(found)} runs due, {sum(made.values())} made, {len(drafts)} drafts\n")  # fmt: skip
    assert len({one.key for one in found}) == len(found) == len(made)
    assert set(made.values()) == {1}
    assert all(one.attempts == 1 for one in found)


def test_the_watch_names_every_state() -> None:
    from typing import get_args

    assert set(watch._STATES) == set(get_args(claims.State))
    assert set(watch._DELIVERIES) == set(get_args(deliveries.State))
