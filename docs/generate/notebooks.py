"""The pages of what an author writes and exports: notebooks, exporters."""

from __future__ import annotations

from generate.markdown import ROOT, table


def notebooks() -> str:
    """Give the page of the tags of cells and the rules of ``reportkit check``."""
    from reportkit.lint import RULES, TAGS

    lines = [
        "# Notebooks",
        "",
        "A report is a Jupyter notebook: one cell shows one thing, and tags say what becomes of a cell (in JupyterLab: the gears on the",
        "right, Cell Tags). `reportkit new report NAME` writes one to start from.",
        "",
        "## Tags",
        "",
        *table(("tag", "what it does"), ((f"`{name}`", words) for name, words in TAGS.items())),
        "",
        "## What `reportkit check` looks at",
        "",
        "It reads the file and runs nothing. A fault is told with its cell; the exit code is then 4. A run judges the rest by its gates.",
        "",
        *table(("rule", "what must hold"), ((f"`{name}`", (rule.__doc__ or "").strip()) for name, rule in RULES.items())),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def exporters() -> str:
    """Give the page of exporters."""
    import inspect
    import tomllib

    from reportkit.run import exporters as own
    from reportkit.run import jupyter_scheduler_formats

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    rows = []
    for name, target in project["entry-points"]["nbconvert.exporters"].items():
        class_ = getattr(own, target.partition(":")[2])
        rows.append(
            (
                f"`{name}`",
                f"`{class_().file_extension}`",
                (inspect.getdoc(class_) or "").splitlines()[0],
            )
        )
    lines = [
        "# Exporters",
        "",
        "`jupyter nbconvert --to NAME`, and File, Save and Export Notebook As in JupyterLab:",
        "",
    ]
    lines += table(("name", "file", "what it does"), rows)
    lines += [
        "",
        "jupyter-scheduler offers the same formats under its own names when JupyterLab is started by `reportkit lab`:",
        "",
    ]
    lines += table(
        ("format", "name in the form"),
        ((f"`{key}`", words) for key, words in jupyter_scheduler_formats.FORMATS.items()),
    )
    lines += ["", "What a run keeps beside them is in [Manifest](manifest.md)."]
    return "\n".join(lines) + "\n"
