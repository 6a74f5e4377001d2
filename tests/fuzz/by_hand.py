"""Fuzzing that follows the branches of the code, by hand: python -m tests.fuzz.by_hand readers -max_total_time=600 FOLDER.

Needs the fuzz group (atheris). What it finds is written beside it as ``crash-*``; give that file in place of FOLDER to see it again.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import atheris

with atheris.instrument_imports(include=["reportkit"]):
    import reportkit.period
    import reportkit.render
    import reportkit.sources
    from tests.fuzz.targets import TARGETS

    # What is imported within a call would be run without being followed.
    for package in (reportkit.sources, reportkit.render):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name != "reportkit.render.drawing":
                importlib.import_module(found.name)


def main() -> None:
    """Fuzz one target until it is stopped."""
    name, *more = sys.argv[1:]
    atheris.Setup([sys.argv[0], *more], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
