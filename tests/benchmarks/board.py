"""What a board report costs, beside plain papermill and nbconvert on the same notebook in the same run.

Run by hand, on a quiet machine, from the top of the checkout::

    python tests/benchmarks/board.py [WORKSPACE]

Without a workspace a demo is made in a temporary folder first. CPU seconds are those of the processes that were started,
kernels included. Compare the ratios, not the seconds: machines differ.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPTS = Path(sys.executable).parent


def cpu(folder: Path, *command: str) -> float:
    """Run a command in a folder and give the CPU seconds that it and its children took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [str(SCRIPTS / command[0]), *command[1:]],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        if len(sys.argv) > 1:
            place = Path(sys.argv[1]).resolve()
        else:
            place = Path(scratch) / "demo"
            print(
                f"{'reportkit demo --no-run':44}{cpu(Path(scratch), 'reportkit', 'demo', '--no-run', 'demo'):8.2f} s"
            )
        own = place / "notebooks/board.ipynb"
        cpu(place, "reportkit", "run", "board")  # every file read once, every module compiled
        ours = cpu(place, "reportkit", "run", "board")
        execute = cpu(place, "papermill", str(own), f"{scratch}/out.ipynb", "--cwd", ".")
        convert = cpu(place, "jupyter-nbconvert", "--to", "html", f"{scratch}/out.ipynb")
        run = max((place / "runs/board").glob("*/_all/*/manifest.json")).parent
        manifest = json.loads((run / "manifest.json").read_text())
        print(f"{'reportkit run board: HTML, PDF, mail, checks':44}{ours:8.2f} s")
        for stage, took in manifest["timings"].items():
            print(f"    {stage:40}{took['cpu']:8.2f} s")
        print(f"{'papermill':44}{execute:8.2f} s")
        print(f"{'nbconvert --to html':44}{convert:8.2f} s")
        print(
            f"{'papermill and nbconvert against reportkit':44}{(execute + convert) / ours:8.2f} times"
        )
        for name in ("report.html", "report.pdf", "message.eml"):
            print(f"{name:44}{(run / name).stat().st_size / 1000:8.0f} kB")


if __name__ == "__main__":
    main()
