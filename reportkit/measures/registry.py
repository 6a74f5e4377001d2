"""Which measures there are: built-in areas, plugins, and a workspace's own; each is imported when first asked for."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from reportkit.errors import ConfigError, UsageError, nearest
from reportkit.measures.model import OWN, Definition, Finish

AREAS = (
    "vulnerabilities", "coverage", "identity", "incidents", "register", "risk", "audit", "assurance", "people", "money", "delivery",
)  # fmt: skip
#: Group of entry points under which an installed package offers modules with measures.
PLUGINS = "reportkit.measures"
_ID = re.compile(r"[A-Z]{1,4}\d{2,3}")
_definitions: dict[str, Definition] = {}
#: Every version of a measure that is registered, also those that a later one replaced.
_versions: dict[tuple[str, int], Definition] = {}


def measure(**words: Any) -> Callable[[Finish], Finish]:
    """Register the decorated finish function as a measure.

    A measure whose calculation changes is registered once more, with the next ``version`` and what changed; the earlier
    registration stays in the module, so that the quarter of the change can be told on both bases.

    Args:
        **words: the fields of :class:`Definition`, without ``finish``.

    Raises:
        UsageError: an id of another form or one that is taken, or a SELECT that cannot be split.
    """

    def register(finish: Finish) -> Finish:
        made = Definition(finish=finish, **words)
        if not _ID.fullmatch(made.id):
            raise UsageError(
                f"Measure {made.id!r} needs an id of capital letters and digits, such as X01."
            )
        if made.dims and "{group}" not in made.reduce:
            raise UsageError(f"Measure {made.id}: its SELECT needs '{{group}} AS grp' as its first column and GROUP BY {{group}}.")  # fmt: skip
        known = _definitions.get(made.id)
        if known is not None and known.finish.__module__ != finish.__module__:
            raise UsageError(
                f"Measure {made.id} is defined twice; give your own measure an id of its own."
            )
        _versions[made.id, made.version] = made
        if known is None or made.version >= known.version:
            _definitions[made.id] = made
        return finish

    return register


def load(folder: Path, modules: Sequence[str]) -> None:
    """Import a workspace's own measures.

    Args:
        folder: the workspace.
        modules: files of the workspace (they end in ``.py``), or names of installed modules.

    Raises:
        ConfigError: one of them cannot be imported.
    """
    for name in modules:
        try:
            if name.endswith(".py"):
                _file(folder / name)
            else:
                importlib.import_module(name)
        except UsageError:
            raise
        except Exception as error:
            raise ConfigError(
                f"[measures] modules: {name} cannot be imported ({type(error).__name__}: {error})."
            ) from error


def _file(path: Path) -> None:
    """Run a file as a module of its own, anew when it was changed."""
    content = path.read_bytes()
    digest = sha256(str(path).encode() + b"\0" + content).hexdigest()[:12]
    name = f"{OWN}{path.stem}_{digest}"
    if name in sys.modules:
        return
    for id_ in [id_ for id_, known in _definitions.items() if _of(known.finish.__module__, path)]:
        del _definitions[id_]
        for key in [key for key in _versions if key[0] == id_]:
            del _versions[key]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _of(module: str, path: Path) -> bool:
    return getattr(sys.modules.get(module), "__file__", None) == str(path)


@cache
def _built_in() -> None:
    for area in AREAS:
        importlib.import_module(f"reportkit.measures.{area}")
    for plugin in entry_points(group=PLUGINS):
        try:
            plugin.load()
        except Exception as error:
            raise ConfigError(
                f"The plugin {plugin.name!r} ({plugin.value}) cannot be imported ({type(error).__name__}: {error}); "
                "repair or remove the package that brings it."
            ) from error


def definitions() -> dict[str, Definition]:
    """Give all measures by id.

    Raises:
        ConfigError: a plugin cannot be imported.
    """
    _built_in()
    return dict(sorted(_definitions.items()))


def definition(id_: str, version: int | None = None) -> Definition:
    """Give one measure by id, in its last version when none is named.

    Raises:
        UsageError: no such measure or version; the message holds the nearest id.
    """
    known = definitions()
    if id_ not in known:
        raise UsageError(f"Measure {id_!r} is not known; {nearest(id_, known)}")
    if version is None:
        return known[id_]
    if (id_, version) not in _versions:
        kept = ", ".join(str(number) for name, number in sorted(_versions) if name == id_)
        raise UsageError(f"Measure {id_} has no version {version}; kept are {kept}.")
    return _versions[id_, version]


def earlier(id_: str, version: int) -> Definition | None:
    """Give an earlier version of a measure; None where its calculation is no longer kept."""
    definitions()
    return _versions.get((id_, version))
