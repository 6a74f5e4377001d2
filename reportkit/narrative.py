"""The author's words: commentary files whose numbers are bound to measures.

A commentary is ``commentary/<period>.md``, or ``commentary/<report>/<period>.md`` for one report: the first paragraph is the statement, each ``## Title`` opens one message,
and ``{{ V04.value }}`` stands for a measure's value; each is told to the gates, which hold a report whose words and
figures differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from reportkit import display
from reportkit.errors import DataError, ReportkitError, nearest
from reportkit.facts import Binding, Facts, Message, Tone, Words

if TYPE_CHECKING:
    from pathlib import Path

    from reportkit.view import View

_BINDING = re.compile(r"\{\{\s*([A-Z]{1,4}\d{2,3})\.(value|ratio|prior|target)\s*\}\}")
_ANY = re.compile(r"\{\{.*?\}\}")
#: Digits that name a day, a year or a quarter, and are no figure.
_DATES = re.compile(
    r"\b(?:19|20)\d\d(?:-?[QH][1-4]|-[WP]?\d\d(?:-\d\d)?)?\b|\bFY\d\d(?:\d\d)?(?:-?(?:[QH][1-4]|[WP]\d\d))?\b|\bQ[1-4]\b"
    r"|\b\d{1,2}(?:\.|st|nd|rd|th)? (?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_NUMBER = re.compile(r"(?<![\w.])[€$£]?\d[\d,.]*(?: ?(?:%|bn|m|k))?(?!\w)")
_TITLE = re.compile(r"^##\s+(?:\[(good|watch|bad|neutral)\]\s*)?(.+)$")


@dataclass(frozen=True)
class Commentary:
    """The words of one quarter with their numbers filled in.

    Attributes:
        statement: the answer first, one or two sentences; empty when nobody wrote one.
        messages: at most three are printed.
        facts: one binding for each number in the words.
        written: whether a commentary file of this quarter exists.
    """

    statement: str = ""
    messages: tuple[Message, ...] = ()
    facts: Facts = field(default_factory=Facts)
    written: bool = False


def commentary(view: View, *, shared: bool = True) -> Commentary:
    """Read the commentary of a view's quarter: ``commentary/<report>/<period>.md``, else ``commentary/<period>.md``.

    Args:
        view: whose quarter, unit and report.
        shared: whether words that were written for no report in particular will do.

    Raises:
        DataError: a placeholder that names no measure or no known part of one.
    """
    name = f"{view.period.key}-{view.unit}.md" if view.unit else f"{view.period.key}.md"
    folder = view.workspace.folder / "commentary"
    own, common = folder / view.report / name, folder / name
    path = own if own.exists() or not shared else common
    if not path.exists():
        return Commentary()
    bindings: list[Binding] = []
    try:
        written = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"commentary/{path.relative_to(folder)} is not UTF-8 text (byte {error.start + 1}); save it as UTF-8."
        ) from None
    text = _bind(written, view, bindings, path.name)
    statement, messages = _parts(text)
    words = Words(
        file=f"commentary/{path.relative_to(folder).as_posix()}",
        period=view.period.key,
        headed=_headed(written, view),
        same_as=_repeated(written, path, view.period.key, folder),
    )
    facts = Facts(bindings=tuple(bindings), typed=_typed(written), words=(words,))
    return Commentary(statement, messages, facts, written=True)


def _headed(text: str, view: View) -> str:
    """Give the period that the heading of a file (``# 2026-Q3``) names; nothing where it names none."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first.startswith("# "):
        return ""
    try:
        return view.workspace.calendar.parse(first.removeprefix("# ").strip()).key
    except ReportkitError:
        return ""


def _repeated(text: str, path: Path, period: str, folder: Path) -> str:
    """Give the file of an earlier period that has the same words; nothing where there is none.

    A text whose numbers are all bound may be true of two quarters; whether it is, somebody says once.
    """
    rest = path.name.removeprefix(period)
    earlier = [
        one for one in path.parent.glob(f"*{rest}") if one.is_file() and one.name < path.name
    ]
    for other in sorted(earlier, reverse=True):
        words = other.read_bytes().decode("utf-8-sig", errors="replace")
        if _spoken(words) == _spoken(text):
            return f"commentary/{other.relative_to(folder).as_posix()}"
    return ""


def _spoken(text: str) -> str:
    """Give the words of a commentary without its first heading and its spaces."""
    lines = [line.split() for line in text.splitlines() if not line.startswith("# ")]
    return " ".join(" ".join(line) for line in lines if line)


def _bind(text: str, view: View, bindings: list[Binding], file: str) -> str:
    from reportkit.measures import definitions

    def fill(match: re.Match[str]) -> str:
        id_, part = match[1], cast("Literal['value', 'ratio', 'prior', 'target']", match[2])
        if id_ not in definitions():
            raise DataError(f"{file}: {match[0]} names no measure; {nearest(id_, definitions())}")
        measure = (view.trailing(2)[0] if part == "prior" else view).measure(id_)
        words = measure.definition
        value = measure.target if part == "target" else measure.value.value
        if part == "ratio":
            value = measure.value.numerator
        shown = (
            display.ratio(measure.value, words, measure.currency)
            if part == "ratio"
            else display.write(value, words.unit, digits=words.digits, currency=measure.currency)
        )
        if value is None:
            shown = "not measured"
        bindings.append(Binding(text=shown, measure=id_, value=value, part=part))
        return shown

    filled = _BINDING.sub(fill, text)
    stray = _ANY.search(filled)
    if stray:
        raise DataError(
            f"{file}: {stray[0]} is not understood; write for example {{{{ V04.value }}}} (value, ratio, prior, target)."
        )
    return filled


def _typed(text: str) -> tuple[str, ...]:
    """Give the numbers in a text that somebody typed: nothing makes sure of them."""
    rest = _DATES.sub("", _BINDING.sub("", text))
    return tuple(dict.fromkeys(found.rstrip(".,") for found in _NUMBER.findall(rest)))


def _parts(text: str) -> tuple[str, tuple[Message, ...]]:
    statement: list[str] = []
    messages: list[tuple[str, Tone, list[str]]] = []
    for line in text.splitlines():
        title = _TITLE.match(line)
        if title:
            messages.append((title[2].strip(), _tone(title[1]), []))
        elif line.strip() and not line.startswith("#"):
            (messages[-1][2] if messages else statement).append(line.strip())
    return " ".join(statement), tuple(
        Message(title=t, text=" ".join(lines), tone=tone) for t, tone, lines in messages
    )


def _tone(word: str | None) -> Tone:
    tones: dict[str, Tone] = {"good": "good", "watch": "watch", "bad": "bad"}
    return tones.get(word or "", "neutral")
