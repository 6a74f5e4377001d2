"""What the shell behind a notebook or a terminal learns when a workspace is opened in it: how charts are shown, and what completes.

Plain Python knows nothing of it, and nothing is loaded for it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportkit.view import View

#: Where a cell ends in the middle of a text: the object, its method, what was given before, and what is typed so far.
_CALL = re.compile(r"([A-Za-z_][\w.]*)\.(\w+)\(((?:[^()]|\([^()]*\))*?)([A-Za-z_]\w*\s*=\s*)?([\"'])([^\"'\n]*)$")  # fmt: skip
#: Where it ends behind a dot: what stands before it, and what is typed of the name.
_DOTTED = re.compile(r"(?<![\w.)\]])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)\.(\w*)$")
#: What may be asked for a completion: it computes nothing.
_CHEAP = frozenset({"tables", "measures", "period", "workspace", "settings", "definition", "value", "charts", "sections", "stats", "quant", "store", "ledger", "net", "gross", "appetite", "simulation"})  # fmt: skip
_WIDEST = 64
#: So many of the last quarters are offered.
_QUARTERS = 12
_MEASURE = re.compile(r"[\"']([A-Z]+\d+)[\"']")
_INTRODUCED = "reportkit_"


def introduce() -> None:
    """Tell the shell that runs this, if there is one, and only once."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None or getattr(shell, _INTRODUCED, False):
        return
    setattr(shell, _INTRODUCED, True)
    # By its name: Altair is loaded by whoever draws.
    for module in ("altair.vegalite.v6.api", "altair.vegalite.v5.api"):
        shell.display_formatter.mimebundle_formatter.for_type_by_name(module, "TopLevelMixin", chart)  # fmt: skip
    completer: Any = getattr(shell, "Completer", None)
    if hasattr(completer, "custom_matchers"):
        completer.custom_matchers.append(matcher(shell))


def chart(item: Any, **_: Any) -> Any:
    """Show an Altair chart as the report does: with its theme, and without the scripts that Altair's own page fetches."""
    import altair as alt

    from reportkit import theme
    from reportkit.facts import VEGALITE_MIME

    if alt.renderers.active != "default":
        # Whoever has chosen another way is shown that.
        return item._repr_mimebundle_()
    spec = item.to_dict()
    spec.setdefault("usermeta", {}).setdefault("embedOptions", {"actions": False, "config": theme.front_end()})  # fmt: skip
    # Altair puts defaults of its own beside what was asked for.
    if spec.get("config", {}).get("view") == {"continuousWidth": 300, "continuousHeight": 300}:
        del spec["config"]["view"]
    return {VEGALITE_MIME: spec, "text/plain": f"<Altair {type(item).__name__}>"}


def matcher(shell: Any) -> Any:
    """Give the completion of what only this workspace knows: names in the quotation marks of a call, tables, measures, charts."""

    def names(context: Any) -> dict[str, Any]:
        from IPython.core.completer import SimpleCompletion

        before = context.full_text[: context.cursor_position]
        typed, offered = "", ()  # type: tuple[str, Iterable[tuple[str, str]]]
        if called := _CALL.search(before):
            typed, offered = called[6], offers(shell.user_ns, called)
        elif dotted := _DOTTED.search(before):
            typed, offered = dotted[2], parts(shell.user_ns, dotted[1])
        fitting = [(name, said) for name, said in offered if name.lower().startswith(typed.lower())]
        return {
            "completions": [SimpleCompletion(text=name, type=said[:_WIDEST]) for name, said in fitting],
            "matched_fragment": typed,
            "suppress": bool(fitting),
        }  # fmt: skip

    names.matcher_api_version = 2  # type: ignore[attr-defined]
    names.matcher_identifier = "reportkit.names"  # type: ignore[attr-defined]
    return names


def parts(names: dict[str, Any], path: str) -> Iterable[tuple[str, str]]:
    """Give what stands behind a dot where a shell does not look by itself: it asks no property, for fear of what it costs.

    Args:
        names: what the notebook knows.
        path: what stands before the dot, such as ``view.tables``.
    """
    from reportkit.exhibit import Exhibit
    from reportkit.measures import definitions
    from reportkit.tables import TABLES

    first, *others = path.split(".")
    found = names.get(first)
    if not others or not (isinstance(found, Exhibit) or found is sys.modules["reportkit"]):
        return ()
    for one in others:
        if one not in _CHEAP:
            return ()
        found = getattr(found, one, None)
    said: dict[str, str] = {name: spec.row for name, spec in TABLES.items()} if others[-1] == "tables" else {}  # fmt: skip
    if others[-1] == "measures" and not hasattr(found, "__all__"):
        said = {name: words.name for name, words in definitions().items()}
    listed = getattr(found, "__all__", None) or [one for one in dir(found) if not one.startswith("_")]  # fmt: skip
    if said:
        return ((name, said.get(name, "")) for name in listed)
    of = found if isinstance(found, ModuleType) else type(found)
    return ((name, _first(getattr(of, name, None))) for name in listed)


def _first(item: Any) -> str:
    """Give the first line of what a function, a class or a property says of itself."""
    told = callable(item) or isinstance(item, property | cached_property)
    return (item.__doc__ or "").partition("\n")[0] if told else ""


def offers(names: dict[str, Any], call: re.Match[str]) -> Iterable[tuple[str, str]]:
    """Give what may stand at the place of a call where a text is typed, each with what it is.

    Args:
        names: what the notebook knows; nothing is computed to find an object in it.
        call: where the typing stands.
    """
    from reportkit.view import View
    from reportkit.workspace import Workspace

    path, method, before, argument, _, _ = call.groups()
    argument = (argument or "").rstrip("= \t")
    first = not before.strip()
    owner = names.get(path)
    view = owner if isinstance(owner, View) else _view(names, before)
    place = owner if isinstance(owner, Workspace) else view.workspace if view else None
    if place is None:
        return ()
    if argument == "unit" and method == "at":
        return ((name, "unit") for name in _units(view or place.at()))
    if method in {"at", "period"} and (argument == "period" or (not argument and first)):
        return ((one.key, one.label) for one in place.periods()[-_QUARTERS:])
    if method in {"table", "describe"} and first:
        return _tables(place)
    return _of_view(view, method, argument, before) if view else ()


def _of_view(view: View, method: str, argument: str, before: str) -> Iterable[tuple[str, str]]:
    from reportkit.measures import definitions
    from reportkit.scorecard import SCORECARDS

    known = definitions()
    if argument == "by":
        asked = _MEASURE.search(before)
        return ((dim, "split") for dim in (known[asked[1]].dims if asked and asked[1] in known else ()))  # fmt: skip
    if argument:
        return ()
    if method in {"measure", "trend", "survival", "definition", "course", "by_part"}:
        return ((name, known[name].name) for name in dir(view.measures))
    if method == "scorecard":
        return ((name, "scorecard") for name in SCORECARDS | view.workspace.settings.scorecards)
    return ()


def _tables(place: Any) -> Iterable[tuple[str, str]]:
    from reportkit.tables import TABLES

    held = {load.table for load in place.store.loads()}
    return ((name, TABLES[name].row) for name in TABLES if name in held)


def _units(view: View) -> list[str]:
    return [str(name) for name in view.sql("SELECT DISTINCT unit_id FROM units ORDER BY unit_id")["unit_id"]]  # fmt: skip


def _view(names: dict[str, Any], before: str) -> View | None:
    """Give the view among what was given before, as in ``rk.charts.survival(view, "``."""
    from reportkit.view import View

    for word in re.findall(r"[A-Za-z_]\w*", before):
        if isinstance(found := names.get(word), View):
            return found
    return None
