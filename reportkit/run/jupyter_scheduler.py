"""Reports as jobs of the extension jupyter-scheduler: with typed parameters, in our three formats.

JupyterLab is told to use it by ``reportkit lab``, or in ``jupyter_server_config.py``:
``c.SchedulerApp.environment_manager_class = "reportkit.run.jupyter_scheduler.Environments"`` and
``c.Scheduler.execution_manager_class = "reportkit.run.jupyter_scheduler.Execution"``.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from jupyter_scheduler.environments import CondaEnvironmentManager
from jupyter_scheduler.executors import DefaultExecutionManager

from reportkit import config
from reportkit.errors import ParameterError, nearest
from reportkit.run import parameters
from reportkit.run.jupyter_scheduler_formats import EXPORTERS, FORMATS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_scheduler.models import DescribeJob, RuntimeEnvironment
    from nbformat import NotebookNode


class Environments(CondaEnvironmentManager):  # type: ignore[misc]  # the extension has no types
    """Offers the report's formats beside those of Jupyter."""

    def list_environments(self) -> list[RuntimeEnvironment]:
        """Give the environments, each with our formats."""
        found: list[RuntimeEnvironment] = super().list_environments()
        for one in found:
            one.output_formats = [*one.output_formats, *FORMATS]
        return found

    def output_formats_mapping(self) -> dict[str, str]:
        """Give the words for every format."""
        return {**super().output_formats_mapping(), **FORMATS}


class Execution(DefaultExecutionManager):  # type: ignore[misc]
    """Runs one job: its parameters are those that the notebook declares, and the workspace is found from any folder."""

    def execute(self) -> None:
        """Run the notebook where the extension put it, and write what was asked for; also what a failure leaves."""
        from nbconvert.preprocessors import ExecutePreprocessor
        from papermill.parameterize import parameterize_notebook

        job, path = self.model, Path(self.staging_paths["input"])
        notebook = nbformat.read(path, as_version=4)
        values = bound(notebook, path.name, job.parameters or {}, Path(self.root_dir))
        # Papermill keeps its notes there, and takes the place for granted.
        notebook.metadata.setdefault("papermill", nbformat.from_dict({"parameters": {}}))
        notebook = parameterize_notebook(notebook, values)
        runner = ExecutePreprocessor(
            kernel_name=notebook.metadata.kernelspec["name"], store_widget_state=True
        )
        try:
            runner.preprocess(notebook, {"metadata": {"path": str(path.parent)}})
        finally:
            self.add_side_effects_files(str(path.parent))
            self.create_output_files(job, notebook)

    def create_output_files(self, job: DescribeJob, notebook_node: NotebookNode) -> None:
        """Write every format; a report can be read by its owner only."""
        import nbconvert

        for name in job.output_formats:
            exporter = nbconvert.get_exporter(
                {"ipynb": "notebook"}.get(name, EXPORTERS.get(name, name))
            )
            made, _ = exporter().from_notebook_node(notebook_node)
            data = made.encode("utf-8") if isinstance(made, str) else made
            with os.fdopen(
                os.open(self.staging_paths[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                "wb",
            ) as file:
                file.write(data)


def bound(
    notebook: Mapping[str, Any], name: str, given: Mapping[str, str], root: Path
) -> dict[str, Any]:
    """Read what was typed into the form as the notebook's parameters.

    Args:
        notebook: the notebook.
        name: its file name, for messages.
        given: what was typed; a text may stand in quotation marks or not.
        root: JupyterLab's folder; the workspace that it is, or lies in, is used when none is given.

    Raises:
        ParameterError: a name that the notebook does not declare, or a value of another type.
    """
    declared = parameters.declared(notebook, name).parameters
    values: dict[str, Any] = {}
    for key, text in given.items():
        if key not in declared:
            raise ParameterError(
                f"Notebook {name} declares no parameter {key!r}; {nearest(key, declared)}"
            )
        value = declared[key].convert(_unquoted(text))
        values[key] = value.isoformat() if hasattr(value, "isoformat") else value
    workspace = config.find(root)
    if "workspace" in declared and "workspace" not in given and workspace is not None:
        values["workspace"] = str(workspace)
    return values


def _unquoted(text: str) -> str:
    if text[:1] in {"'", '"'}:
        try:
            return str(ast.literal_eval(text))
        except (ValueError, SyntaxError):
            return text
    return text
