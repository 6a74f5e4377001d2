"""What the terminal shows: aligned lines, relative paths, colour only where someone looks."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from reportkit.errors import ReportkitError

if TYPE_CHECKING:
    from reportkit.run import Progress

_STYLES = {"good": "32", "watch": "33", "bad": "31", "strong": "1", "quiet": "2"}
_WIDEST = 100
_CELLS_PER_LINE = 10
#: Seconds between two lines of a batch in a log.
_LOG_EVERY = 10.0

#: What a terminal obeys rather than shows, and what turns the order of its letters; only the colours above are let through.
_OBEYED = re.compile(
    "\x1b\\[(?:0|1|2|31|32|33)m|([\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069])"
)

Style = Literal["good", "watch", "bad", "strong", "quiet"]


def harmless(text: str) -> str:
    """Write out what would move the cursor, colour, rename or answer for a terminal: names come from the files of others."""
    return _OBEYED.sub(lambda found: found[0] if found[1] is None else f"\\u{ord(found[1]):04x}", text)  # fmt: skip


def _seen(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def styled(text: str, style: Style, stream: TextIO | None = None) -> str:
    """Colour a text where a person looks at it and has not asked for plain text."""
    plain = "NO_COLOR" in os.environ or not _seen(stream or sys.stdout)
    return text if plain else f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def say(text: str = "") -> None:
    """Print a line."""
    print(harmless(text))


def say_json(value: Any) -> None:
    """Print a value as JSON."""
    import json

    # Only within a text is there anything to write out, and there JSON writes it the same way.
    print(harmless(json.dumps(value, indent=2, ensure_ascii=False, default=str)))


def complain(error: ReportkitError) -> int:
    """Print one sentence on standard error and give the exit code."""
    print(f"{styled('reportkit:', 'bad', sys.stderr)} {harmless(error.message)}", file=sys.stderr)
    return error.exit_code


def remark(text: str) -> None:
    """Print a line on standard error."""
    print(harmless(text), file=sys.stderr)


def short(path: Path) -> str:
    """Write a path from here, when it lies below here."""
    try:
        return str(path.resolve().relative_to(Path.cwd())) or "."
    except ValueError:
        return str(path)


def command(name: str) -> str:
    """Give what somebody types for a command: its name where it is found, else the path beside this Python."""
    import shlex
    import shutil

    beside = Path(sys.executable).with_name(name)
    return name if shutil.which(name) or not beside.exists() else shlex.quote(str(beside))


def fit(text: str, width: int = 24) -> str:
    """Cut a text that would make its column too wide."""
    return text if len(text) <= width else text[: width - 1] + "…"


def size(count: int) -> str:
    """Write a size in bytes."""
    return (
        f"{count / 1e6:,.1f} MB"
        if count >= 1e6
        else f"{max(count / 1e3, 0.1):,.{0 if count >= 1e4 else 1}f} kB"
    )


def seconds(value: float) -> str:
    """Write a time."""
    return f"{value:.1f} s" if value < 120 else f"{value // 60:.0f} min {value % 60:.0f} s"


def day(value: date | datetime | None) -> str:
    """Write a day."""
    return f"{value:%Y-%m-%d}" if value else "–"


def paragraph(name: str, text: str, width: int = 96) -> None:
    """Print a word and a text beside it, over as many lines as it takes."""
    import textwrap

    lines = textwrap.wrap(text, width - 13) or [""]
    for place, line in enumerate(lines):
        say(f"  {name if not place else '':11}{line}")


def table(
    rows: Sequence[Sequence[str]],
    *,
    head: Sequence[str] = (),
    right: Iterable[int] = (),
    indent: int = 2,
) -> None:
    """Print columns, aligned; a last column too long for the line is folded into its own column.

    Args:
        rows: cells as text.
        head: column labels.
        right: positions of the columns that are aligned right.
        indent: spaces before each line.
    """
    import textwrap

    every = [[harmless(cell).replace("\n", "\\n") for cell in row] for row in ([head] if head else []) + list(rows)]  # fmt: skip
    if not every:
        return
    widths = [max(len(row[column]) for row in every) for column in range(len(every[0]))]
    room = (
        min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
        if _seen(sys.stdout)
        else _WIDEST
    )
    before = indent + sum(width + 2 for width in widths[:-1])
    last = max(room - before, 30)
    numbers = set(right)
    for index, row in enumerate(every):
        cells = [
            cell.rjust(width) if i in numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row[:-1], widths, strict=False))
        ]
        end = row[-1].rjust(widths[-1]) if len(row) - 1 in numbers else row[-1]
        folded = (
            textwrap.wrap(end, last, break_long_words=False, break_on_hyphens=False) or [""]
            if len(end) > last
            else [end]
        )
        lines = [
            "  ".join([*cells, folded[0]]),
            *(" " * (before - indent) + line for line in folded[1:]),
        ]
        for line in lines:
            text = (" " * indent + line).rstrip()
            say(styled(text, "quiet") if head and index == 0 else text)


class Live:
    """Shows where a run is: one living line in a terminal, plain lines in a log."""

    def __init__(self, title: str) -> None:
        self._title = harmless(title)
        self._begun = time.monotonic()
        self.alive = _seen(sys.stderr)
        self._shown = 0

    def say(self, text: str) -> None:
        """Show a line: in a terminal over the one before."""
        text = harmless(text)
        gone = seconds(time.monotonic() - self._begun)
        if self.alive:
            line = f"  {self._title}: {text}  {gone}"[: shutil.get_terminal_size().columns - 1]
            print(f"\r{line.ljust(self._shown)}", end="", file=sys.stderr, flush=True)
            self._shown = len(line)
        else:
            print(f"{self._title}: {text} ({gone})", file=sys.stderr, flush=True)

    def __call__(self, progress: Progress) -> None:
        """Take a step."""
        where = f", cell {progress.done} of {progress.total}" if progress.total else ""
        if (
            self.alive
            or not progress.total
            or progress.done % _CELLS_PER_LINE == 0
            or progress.done == progress.total
        ):
            self.say(f"{progress.stage}{where}")

    def end(self) -> float:
        """Clear the living line, and give the seconds since the start."""
        if self.alive and self._shown:
            print(f"\r{' ' * self._shown}\r", end="", file=sys.stderr, flush=True)
        self._shown = 0
        return time.monotonic() - self._begun


#: Seconds after which a rate says something: reports that are made at a time end at a time.
_RATED = 5.0


class Many:
    """Shows how far a batch is: how many are done, at which rate, and how long the rest will take."""

    def __init__(self, total: int, live: Live) -> None:
        self._total, self._live = total, live
        self._done = self._made = self._failed = 0
        self._told = time.monotonic()
        #: When the first report had ended: what comes before it is loading, and says nothing of the rate.
        self._first: float | None = None

    def ended(self, *, failed: bool, made: bool) -> None:
        """Count a report that has ended."""
        now = time.monotonic()
        if self._first is None or not self._made:
            self._first = now
        self._done += 1
        self._made += made
        self._failed += failed
        if not self._live.alive and self._done < self._total and now - self._told < _LOG_EVERY:
            return
        self._told = now
        self._live.say(self.line(now - self._first))

    def line(self, gone: float) -> str:
        """Say where the batch is, so many seconds after the first report had ended."""
        parts = [f"{self._done} of {self._total} done"]
        if self._failed:
            parts.append(f"{self._failed} failed")
        since = self._made - 1
        if since > 0 and gone >= _RATED:
            parts.append(f"{60 * since / gone:,.0f} a minute")
            left = (self._total - self._done) * gone / since
            if left >= 1:
                parts.append(f"{seconds(left)} left")
        return ", ".join(parts)


class Steps:
    """Shows the steps of a longer job, each with its time when it is done."""

    def __init__(self) -> None:
        self._alive = _seen(sys.stderr)
        self._step, self._begun = "", 0.0

    def begin(self, step: str) -> None:
        """Begin a step; the one before is done."""
        self.end()
        self._step, self._begun = step, time.monotonic()
        if self._alive:
            print(f"\r  {step} …", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Say that the step is done."""
        if self._step:
            line = f"  {self._step:<20}{seconds(time.monotonic() - self._begun):>9}"
            print(f"\r{line}   " if self._alive else line, file=sys.stderr, flush=True)
        self._step = ""
