"""Fuzzing that follows the branches of the code, by hand: python -m tests.fuzz.by_hand readers -max_total_time=600 FOLDER.

Needs the fuzz group (atheris). FOLDER holds files to begin with and takes those that lead further. A fault does not end it: the first
input of each is written as ``fault-TARGET-N`` with what it raised beside it, as is what takes longer than a second of the processor
(``slow-TARGET-N``); give such a file in place of FOLDER to see it again, and ``-stop`` to end at it.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
import traceback
from pathlib import Path

import atheris

# Words that the code compares with are clues too. Its patterns would be, but the stand-in for them takes no place to begin at.
atheris.enabled_hooks.add("str")
with atheris.instrument_imports(include=["reportkit"]):
    import reportkit.period
    import reportkit.render
    import reportkit.run.template
    import reportkit.sources
    from tests.fuzz.targets import TARGETS

    # What is imported within a call would be run without being followed.
    for package in (reportkit.sources, reportkit.render):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name != "reportkit.render.drawing":
                importlib.import_module(found.name)

#: Seconds of the processor from which an input is kept to be looked at.
SLOW = 1.0


class Kept:
    """Runs a target and keeps what it stumbles over, each place once."""

    def __init__(self, name: str) -> None:
        self._name, self._target = name, TARGETS[name]
        self._seen: set[str] = set()

    def __call__(self, data: bytes) -> None:
        begun = time.process_time()
        try:
            self._target(data)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - this is what is looked for, and what others' libraries call a panic is no Exception
            frames = traceback.extract_tb(error.__traceback__)
            own = [one for one in frames if "reportkit" in one.filename] or list(frames)
            place = f"{type(error).__name__} {own[-1].filename}:{own[-1].lineno}"
            self._keep("fault", place, data, "".join(traceback.format_exception(error)[-6000:]))
        took = time.process_time() - begun
        if took > SLOW:
            self._keep("slow", f"slow {data[:1].hex()} {took:.0f}", data, f"{took:.2f} s, {len(data):,} bytes\n")  # fmt: skip

    def _keep(self, kind: str, place: str, data: bytes, said: str) -> None:
        if place in self._seen:
            return
        self._seen.add(place)
        path = Path(f"{kind}-{self._name}-{len(self._seen)}")
        path.write_bytes(data)
        path.with_name(path.name + ".txt").write_text(f"{place}\n{said}", encoding="utf-8", errors="replace")  # fmt: skip
        sys.stderr.write(f"== {path}: {place}\n")
        sys.stderr.flush()


def main() -> None:
    """Fuzz one target until it is stopped."""
    name, *more = sys.argv[1:]
    stop = "-stop" in more
    options = [one for one in more if one != "-stop"]
    atheris.Setup([sys.argv[0], *options], TARGETS[name] if stop else Kept(name))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
