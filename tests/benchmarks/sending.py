"""What it costs to send: python tests/benchmarks/sending.py 500 [units]. A server on loopback takes every message."""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from reportkit import config
from reportkit.deliver.audience import recipients
from reportkit.deliver.sending import prepared
from reportkit.ledger import deliveries, of
from reportkit.run import dispatch, publication
from reportkit.run.folder import MANIFEST, series
from tests.runs import NOW, PERIOD, Post, approved, drafted, settings, smtp


def main(count: int, *, units: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch, smtp(Post()) as post:
        folder = Path(scratch) / "firm"
        mail = f'transport = "smtp"\nsmtp = {{ host = "localhost", port = {post.port}, security = "none" }}'  # fmt: skip
        people = ", ".join(f'{{ address = "m{n:03}@example.org" }}' for n in range(count))
        head, _, tail = settings(mail).partition("members = [")
        text = f"{head}members = [{people}]{tail.partition(']')[2]}"
        begun = time.perf_counter()
        later = NOW + timedelta(hours=2)
        if units:
            text = text.replace('reports = ["board"]', 'reports = ["board"]\nunits = true')
            first = drafted(folder, text, unit="U000")
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
                approved(folder, place, "Ada Lind")
                publication.publish(folder, "board", PERIOD, unit, now=NOW + timedelta(hours=1))
                found = dispatch.parcel(folder, "board", PERIOD, unit, later)
                to = recipients(config.read(folder).audiences, "board", marks={"": "TLP:AMBER"}, folder=folder, unit=unit, unit_addresses=(f"{unit.lower()}@example.org",))  # fmt: skip
                edition = found.standing.edition
                assert edition is not None
                wanted += prepared(to, found.stamp, now=later, run_id=found.said["run_id"], job={"folder": str(edition.folder.relative_to(folder))})  # fmt: skip
        else:
            place = drafted(folder, text)
            approved(folder, place, "Ada Lind")
            publication.publish(folder, "board", PERIOD, None, now=NOW + timedelta(hours=1))
            wanted = dispatch.addressed(
                folder, dispatch.parcel(folder, "board", PERIOD, None, later), later
            )
        print(f"made ready in {time.perf_counter() - begun:.1f} s")
        ledger = of(folder)
        dispatch.put(ledger, wanted)
        begun, processor = time.perf_counter(), time.process_time()
        dispatch.sender(folder, lambda: later).run()
        wall, cpu = time.perf_counter() - begun, time.process_time() - processor
        states = {one.state for one in deliveries.find(ledger)}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{len(post.took)} messages, {states}, {post.sessions} connections")
        print(f"{wall:.1f} s, {len(post.took) / wall:.0f} a second; CPU {cpu:.1f} s with the server's own, {1000 * cpu / count:.1f} ms a message; peak {peak:.0f} MB with the server's copies")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, units="units" in sys.argv)
