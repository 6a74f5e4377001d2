"""What it costs to send: python tests/benchmarks/sending.py 500 [units]. A server of its own process takes every message."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from reportkit import config
from reportkit.deliver.audience import recipients
from reportkit.deliver.sending import prepared
from reportkit.ledger import deliveries, of
from reportkit.ledger.deliveries import Delivery
from reportkit.run import dispatch, edition, publication
from reportkit.run.folder import FINAL, MANIFEST, manifest, series
from tests.runs import NOW, PERIOD, Post, approved, drafted, settings, smtp

LATER = NOW + timedelta(hours=2)


def serve(line: Connection) -> None:
    """Take messages until asked what came."""
    with smtp(Post()) as post:
        line.send(post.port)
        line.recv()
        copies = Counter(post.recipients())
        line.send((len(post.took), max(copies.values()), post.sessions))


def to_members(folder: Path, text: str, count: int) -> list[Delivery]:
    people = ", ".join(f'{{ address = "m{n:03}@example.org" }}' for n in range(count))
    head, _, tail = text.partition("members = [")
    place = drafted(folder, f"{head}members = [{people}]{tail.partition(']')[2]}")
    approved(folder, place, "Ada Lind")
    publication.publish(folder, "board", PERIOD, None, now=NOW + timedelta(hours=1))
    return dispatch.addressed(
        folder, dispatch.parcel(folder, "board", PERIOD, None, LATER), LATER
    )  # fmt: skip


def own(place: Path, unit: str) -> None:
    """Make the final PDF one of its own, as every unit's is, without writing it anew."""
    path, known = place / FINAL / "report.pdf", place / FINAL / MANIFEST
    said = json.loads(known.read_text())
    path.write_bytes(path.read_bytes() + f"%{unit}\n".encode())
    said["artefacts"]["report.pdf"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    known.write_text(json.dumps(said))


def to_units(folder: Path, text: str, count: int) -> list[Delivery]:
    first = drafted(folder, text.replace('reports = ["board"]', 'reports = ["board"]\nunits = true'), unit="U000")  # fmt: skip
    edition.make(folder, first, manifest(first))
    wanted = []
    for number in range(count):
        unit = f"U{number:03}"
        place = series(folder, "board", PERIOD.key, unit) / first.name
        if place != first:
            shutil.copytree(first, place)
            said = json.loads((place / MANIFEST).read_text())
            said |= {"unit": unit, "run_id": f"{first.name}-{number}"}
            place = place.rename(place.with_name(said["run_id"]))
            (place / MANIFEST).write_text(json.dumps(said))
        own(place, unit)
        approved(folder, place, "Ada Lind")
        publication.publish(folder, "board", PERIOD, unit, now=NOW + timedelta(hours=1))
        found = dispatch.parcel(folder, "board", PERIOD, unit, LATER)
        to = recipients(config.read(folder).audiences, "board", marks={"": "TLP:AMBER"}, folder=folder, unit=unit, unit_addresses=(f"{unit.lower()}@example.org",))  # fmt: skip
        final = found.standing.edition
        assert final is not None
        wanted += prepared(to, found.stamp, now=LATER, run_id=found.said["run_id"], job={"folder": str(final.folder.relative_to(folder))})  # fmt: skip
    return wanted


def main(count: int, *, units: bool) -> None:
    line, other = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(other,), daemon=True)
    server.start()
    port = line.recv()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "firm"
        mail = f'transport = "smtp"\nsmtp = {{ host = "localhost", port = {port}, security = "none" }}'  # fmt: skip
        begun = time.perf_counter()
        wanted = (to_units if units else to_members)(folder, settings(mail), count)
        print(f"made ready in {time.perf_counter() - begun:.1f} s")
        ledger = of(folder)
        dispatch.put(ledger, wanted)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        begun, processor = time.perf_counter(), time.process_time()
        dispatch.sender(folder, lambda: LATER).run()
        wall, cpu = time.perf_counter() - begun, time.process_time() - processor
        states = Counter(one.state for one in deliveries.find(ledger))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line.send(None)
    took, most, sessions = line.recv()
    server.join()
    print(f"{took} messages, none more than {most} times, {dict(states)}, {sessions} connections")
    print(f"{wall:.1f} s, {took / wall:.0f} a second; CPU {1000 * cpu / count:.1f} ms a message; peak {peak:.0f} MB, {before:.0f} MB before")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, units="units" in sys.argv)
