"""One tree of errors. Each message says what was given, what is allowed and what to do; each class has one exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: The only table of exit codes; README prints it and a test keeps the two equal.
EXIT_CODES: dict[int, str] = {
    0: "done",
    1: "a fault in reportkit itself",
    2: "usage or parameter",
    3: "input data",
    4: "notebook failed",
    5: "held by a gate",
    6: "killed, memory or time limit",
    7: "configuration",
    8: "not delivered to everybody",
    9: "a scheduled report needs somebody",
    75: "temporary: try again (disk full, folder not writable)",
}


class ReportkitError(Exception):
    """Base of every error that a user can cause or repair."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class FaultError(ReportkitError):
    """A fault in reportkit itself, met by a process that makes a report."""


class UsageError(ReportkitError):
    """A command, option, report or period that does not exist or does not fit."""

    exit_code = 2


class ParameterError(UsageError):
    """A notebook parameter that is unknown or of the wrong type."""


class DataError(ReportkitError):
    """An input that cannot be read, or a table that breaks its contract."""

    exit_code = 3


class NotebookError(ReportkitError):
    """A report notebook that did not run to its end."""

    exit_code = 4


class CellError(NotebookError):
    """A cell raised an error."""


class EarlyExit(NotebookError):
    """The notebook ended itself before its last cell."""


class HeldError(ReportkitError):
    """A finished run that a gate keeps back."""

    exit_code = 5


class LimitError(ReportkitError):
    """A run ended from outside: killed, out of memory or out of time."""

    exit_code = 6


class KernelDied(LimitError):
    """The kernel process ended without a word."""


class RunTimeout(LimitError):
    """A cell or the whole run took longer than allowed."""


class ConfigError(ReportkitError):
    """A configuration file that cannot be understood.

    Args:
        message: all that is wrong, in one sentence.
        faults: each by itself, where there may be several.
    """

    exit_code = 7

    def __init__(self, message: str, faults: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults) or (message,)

    @classmethod
    def of_file(cls, name: str, faults: Iterable[str]) -> ConfigError:
        """Say all that is wrong in one file."""
        found = [fault.rstrip(".") for fault in faults]
        words = "; ".join(found)
        return cls(f"{name}: {words}{'' if words.endswith('?') else '.'}", found)


class DeliveryError(ReportkitError):
    """A report that did not reach everybody, or of which that is not known."""

    exit_code = 8


class AttentionError(ReportkitError):
    """A scheduled report that is overdue, held, failed or unsent."""

    exit_code = 9


class TemporaryError(ReportkitError):
    """A state of the machine, not of the input: full disk, folder not writable."""

    exit_code = 75


def from_os(error: OSError, doing: str) -> ReportkitError:
    """Say in one sentence what an operating-system error kept from being done."""
    where = f" {error.filename}" if error.filename else ""
    reason = (error.strerror or str(error)).lower()
    if isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return DataError(f"{doing}:{where} cannot be opened ({reason}); check the path.")
    return TemporaryError(
        f"{doing}:{where} failed ({reason}); nothing was half-written. Make room or allow writing, then run it again."
    )


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Hint at the allowed word nearest to a mistyped one, or list what is allowed."""
    choices = sorted(allowed)
    match = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if match:
        return f"did you mean {match[0]!r}?"
    return f"allowed: {', '.join(choices)}." if choices else "none are defined."
