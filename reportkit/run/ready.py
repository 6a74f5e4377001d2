"""Makes a process ready for reports: what every report does for the first time is done here once, before any.

Nothing of it may start a thread or open a database: the process is forked afterwards.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from typing import Any

_TABLE = "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"


def get_ready() -> None:
    """Read schemas, compile templates, load fonts, and let a cell fail."""
    from reportkit import config
    from reportkit.run import code, manifest, template

    manifest.versions()
    code.code()
    import_module("reportkit.remembered").code()
    import_module("holidays").country_holidays("US").is_working_day("2026-01-02")
    executed = _notebook()
    template.text(executed)
    with redirect_stderr(StringIO()), redirect_stdout(StringIO()):
        _pages(executed, config.Settings())
        _cells()
    _frames()


def _notebook() -> Any:
    from nbformat import v4

    table = v4.new_output("display_data", data={"text/html": _TABLE, "text/plain": "a b"})
    code = v4.new_code_cell("1", outputs=[table], metadata={"tags": ["email"]})
    return v4.new_notebook(cells=[v4.new_markdown_cell("# Ready\n\n*Text*"), code])


def _pages(executed: Any, settings: Any) -> None:
    from reportkit import gates
    from reportkit.render import compiler, email, html, model, pdf, typeset

    _ = compiler, pdf, typeset
    document = model.read(executed)
    gates.content(gates.Evidence(notebook=executed, bound={}, document=document))
    html.write(document)
    email.write(document, sender=settings.mail.sender, recipients=())


def _cells() -> None:
    """Let a cell fail, where a shell was made: explaining an error loads more than running a cell does."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None:
        return
    shell.run_cell("1/0", store_history=False, silent=True)
    shell._last_traceback = None  # noqa: SLF001 - its own name in ipykernel
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)


def _frames() -> None:
    """Show a frame and a chart, as the cells of a report do."""
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame({"day": pd.to_datetime(["2026-01-01"]), "value": [1.0], "name": ["x"]})
    shown: Any = frame
    shown._repr_html_()
    frame.groupby("name").agg({"value": "sum"}).sort_values("value")
    marks = alt.Chart(frame).mark_line().encode(x="day:T", y="value:Q", color="name:N")
    (marks + marks.mark_point()).to_dict()
