"""What must not leave this machine with a report: secrets, folders, and the name of whoever ran it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.errors import ReportkitError, from_os
from reportkit.layout import RUNS
from reportkit.secret import is_reference, resolve

if TYPE_CHECKING:
    from reportkit.config import Settings

#: Who ran what, for four eyes: beside the runs, and in none of their artefacts.
DESK = ".desk"
#: What a bucket takes from the environment without being told its name.
_ENVIRONMENT = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
#: Shorter ones, such as ``/w``, are words as well.
_LEAST = 8


def secrets(settings: Settings) -> dict[str, str]:
    """Give the value of every secret that a workspace names and that can be looked up here, by its name."""
    found = {f"env:{name}": os.environ[name] for name in _ENVIRONMENT if os.environ.get(name)}
    for reference in sorted(set(references(settings.model_dump(mode="json")))):
        try:
            found[reference] = resolve(reference).reveal()
        except ReportkitError:
            # What cannot be looked up cannot have been written.
            continue
    return found


def references(value: Any) -> Iterator[str]:
    """Give the names of secrets that stand in plain values."""
    if isinstance(value, str) and is_reference(value):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from references(part)


def places(workspace: Path) -> tuple[str, ...]:
    """Give the folders of this machine that no artefact may name: workspace, home, and where Python and reportkit are."""
    package = Path(__file__).resolve().parents[2]
    found = (workspace.resolve(), package, Path(sys.prefix).resolve(), Path.home())
    return tuple(dict.fromkeys(str(one) for one in found if len(str(one)) >= _LEAST))


class Scrubber:
    """Takes the folders of this machine out of what cells said; what is left says as much to a reader elsewhere.

    Args:
        workspace: named as ``.``; files in it are named from there.
    """

    def __init__(self, workspace: Path) -> None:
        package = Path(__file__).resolve().parents[2]
        temporary = re.escape(tempfile.gettempdir())
        # The longer first: one may lie in another.
        named = [
            (str(workspace.resolve()), "."),
            (str(package), "reportkit"),
            (str(Path(sys.prefix).resolve()), "python"),
        ]
        # Python's own modules, which traces name, lie elsewhere than what was installed beside them.
        named.append((str(Path(os.__file__).resolve().parent), "python"))
        home = str(Path.home())
        if len(home) >= _LEAST:
            named.append((home, "~"))
        named = [(place, word) for place, word in named if len(place) >= _LEAST]
        self._named = sorted(named, key=lambda one: -len(one[0]))
        # IPython names a cell by its process, which is another one each time.
        self._cell = re.compile(rf"{temporary}/ipykernel_\d+/\d+\.py")

    def text(self, text: str) -> str:
        """Give a text without them."""
        for place, word in self._named:
            if place in text:
                text = text.replace(place, word)
        return self._cell.sub("<cell>", text) if "ipykernel_" in text else text

    def all(self, value: Any) -> Any:
        """Take them out of plain values, all the way down, where they are; gives them back."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            for name, part in value.items():
                value[name] = self.all(part)
        elif isinstance(value, list):
            value[:] = [self.all(part) for part in value]
        return value


def sign(workspace: Path, run_id: str, by: str) -> None:
    """Write down for this desk alone who ran a run.

    Raises:
        TemporaryError: it cannot be written.
    """
    place = workspace / RUNS / DESK / run_id
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(by + "\n", encoding="utf-8")
    except OSError as error:
        raise from_os(error, "Writing the run") from error


def login(workspace: Path, said: Mapping[str, Any]) -> str:
    """Give who ran a run, as far as this desk knows; older runs say it in their manifest."""
    place = workspace / RUNS / DESK / str(said["run_id"])
    if place.is_file():
        return place.read_text(encoding="utf-8").strip()
    return str(said.get("by", ""))
