"""The author's words: commentary files whose numbers are bound to measures.

A commentary is ``commentary/<period>/<report>.md``, or ``commentary/<period>.md`` for all reports. Between two lines of ``---`` it may say
who wrote it and whether it is final. The first paragraph is the statement, each ``## Title`` opens one message, each ``# Heading`` holds
words for the section of that name. ``{{ V04.value }}`` stands for a measure's value, ``{{ V04.value: 81 % }}`` for what the author read
when it was written. All of it is told to the gates, which hold a report whose words and figures differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from reportkit import display
from reportkit.errors import DataError, ReportkitError, nearest
from reportkit.facts import Binding, Facts, Message, Remark, Tone, Words, Written
from reportkit.layout import stem

if TYPE_CHECKING:
    from pathlib import Path

    from reportkit.view import View

_BINDING = re.compile(
    r"\{\{\s*([A-Z]{1,4}\d{2,3})\.(value|ratio|prior|target)\s*(?::([^{}]*))?\}\}"
)
_ANY = re.compile(r"\{\{(?:(?!\{\{).)*?\}\}")
#: Digits that name a ticket, a weakness, a day, a year or a quarter, and are no figure: T-101, CVE-2026-1234, 2026-Q3.
_NAMES = re.compile(
    r"\b[A-Z][A-Z0-9]*(?:-\d+)+\b"
    r"|\b(?:19|20)\d\d(?:-?[QH][1-4]|-[WP]?\d\d(?:-\d\d)?)?\b|\bFY\d\d(?:\d\d)?(?:-?(?:[QH][1-4]|[WP]\d\d))?\b|\bQ[1-4]\b"
    r"|\b\d{1,2}(?:\.|st|nd|rd|th)? (?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_NUMBER = re.compile(r"(?<![\w.])[€$£]?\d[\d,.]*(?: ?(?:%|bn|m|k))?(?!\w)")
_PLACE = re.compile(r"^#\s+(.+)$")
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_KEYS = ("author", "status", "period", "unbound")
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


@dataclass(frozen=True)
class Front:
    """What a commentary says of itself.

    Attributes:
        author: who wrote it.
        status: ``draft`` or ``final``.
        period: the quarter it was written for; empty where it does not say.
        unbound: numbers in it that stand for no measure, and may.
    """

    author: str = ""
    status: Literal["draft", "final"] = "final"
    period: str = ""
    unbound: tuple[str, ...] = ()


def commentary(view: View, *, shared: bool = True, edition: str = "") -> Commentary:
    """Read the commentary of a view's quarter and report.

    Args:
        view: whose quarter, unit and report.
        shared: whether words that were written for no report in particular will do.
        edition: words for this edition alone: ``commentary/<period>/<report>.<edition>.md``.

    Raises:
        DataError: a placeholder that names no measure or no known part of one; a front matter that cannot be read.
    """
    folder = view.workspace.folder / "commentary"
    path = next((found for found in _places(view, folder, edition, shared=shared) if found.exists()), None)  # fmt: skip
    if path is None:
        return Commentary()
    bindings: list[Binding] = []
    name = f"commentary/{path.relative_to(folder).as_posix()}"
    try:
        written = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 text (byte {error.start + 1}); save it as UTF-8.") from None  # fmt: skip
    front, written = front_matter(written, name)
    headed = _headed(written, view)
    # A heading that names the period opens no section.
    body = written.replace(written.strip().splitlines()[0], "", 1) if headed else written
    text = _bind(body, view, bindings, name)
    statement, messages, remarks = _parts(text)
    typed = tuple(number for number in _typed(written) if number not in front.unbound)
    problem = ""
    if front.period and view.workspace.calendar.parse(front.period).key != view.period.key:
        problem = f"it was written for {front.period}, and the report is of {view.period.key}"
    told = Written(file=name, author=front.author, status=front.status, problem=problem, remarks=remarks)  # fmt: skip
    words = Words(file=name, period=view.period.key, headed=headed, same_as=_repeated(written, path, view.period.key, folder))  # fmt: skip
    facts = Facts(bindings=tuple(bindings), typed=typed, written=(told,), words=(words,))
    return Commentary(statement, messages, facts, written=True)


def _places(view: View, folder: Path, edition: str, *, shared: bool) -> Iterator[Path]:
    key = view.period.key
    part = f"-{stem(view.unit)}" if view.unit else ""
    if edition:
        yield folder / key / f"{view.report}{part}.{edition}.md"
        return
    yield folder / key / f"{view.report}{part}.md"
    yield folder / view.report / f"{key}{part}.md"
    if shared:
        yield folder / f"{key}{part}.md"


def front_matter(text: str, name: str) -> tuple[Front, str]:
    """Take apart what a commentary says of itself, and its words.

    Raises:
        DataError: it is not YAML of known keys.
    """
    found = _FRONT.match(text)
    if found is None:
        return Front(), text
    import yaml

    try:
        said = yaml.load(found[1], Loader=yaml.BaseLoader) or {}  # noqa: S506 - it makes texts, lists and maps only
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        raise DataError(f"{name}, line {line}: the front matter is not YAML; write lines such as 'author: NAME'.") from None  # fmt: skip
    if not isinstance(said, dict):
        raise DataError(f"{name}: the front matter is not a list of keys; write lines such as 'author: NAME'.")  # fmt: skip
    for key in said:
        if key not in _KEYS:
            raise DataError(f"{name}: unknown key {key!r} in the front matter; {nearest(str(key), _KEYS)}")  # fmt: skip
    status = said.get("status", "final")
    if status not in ("draft", "final"):
        raise DataError(f"{name}: status {status!r} is not known; write draft or final.")
    unbound = said.get("unbound", [])
    numbers = (unbound,) if isinstance(unbound, str) else tuple(map(str, unbound))
    front = Front(str(said.get("author", "")), status, str(said.get("period", "")), numbers)
    return front, text[found.end() :]


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
        # The author wrote down what was read; the gates see whether it still holds.
        shown = (match[3] or "").strip() or shown
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
    rest = _NAMES.sub("", _BINDING.sub("", text))
    return tuple(dict.fromkeys(found.rstrip(".,") for found in _NUMBER.findall(rest)))


def _parts(text: str) -> tuple[str, tuple[Message, ...], tuple[Remark, ...]]:
    statement: list[str] = []
    messages: list[tuple[str, Tone, list[str]]] = []
    remarks: list[tuple[str, list[str]]] = []
    at = statement
    for line in text.splitlines():
        title, place = _TITLE.match(line), _PLACE.match(line)
        if title:
            messages.append((title[2].strip(), _tone(title[1]), []))
            at = messages[-1][2]
        elif place:
            remarks.append((place[1].strip(), []))
            at = remarks[-1][1]
        elif line.strip() and not line.startswith("#"):
            at.append(line.strip())
    return (
        " ".join(statement),
        tuple(Message(title=t, text=" ".join(lines), tone=tone) for t, tone, lines in messages),
        tuple(Remark(place=p, text=" ".join(lines)) for p, lines in remarks if lines),
    )


def _tone(word: str | None) -> Tone:
    tones: dict[str, Tone] = {"good": "good", "watch": "watch", "bad": "bad"}
    return tones.get(word or "", "neutral")
