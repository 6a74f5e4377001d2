"""``reportkit seedmap``: which report answers what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from reportkit.cli import options, screen
from reportkit.cli.options import JsonOption, WorkspaceOption
from reportkit.errors import DataError

if TYPE_CHECKING:
    from reportkit.seedmap import Answer, Question


def seedmap(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="End with code 3 when a question has no answer.")
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show for each question of the readers the report, section and measures that answer it."""
    from reportkit import resources
    from reportkit import seedmap as questions

    project = options.workspace(workspace) if workspace else None
    notebooks = resources.notebooks(project)
    found = questions.answers(notebooks)
    lacking = questions.unanswered(found)
    absent = [report for report in questions.REPORTS if report not in notebooks]
    if json:
        screen.say_json(
            {
                "questions": [
                    {
                        "id": question.id, "question": question.words, "measures": list(question.measures), "missing": list(lacking[question.id]) if question.id in lacking else None,
                        "answers": [{"report": a.report, "section": a.section, "cell": a.cell, "measures": list(a.measures)} for a in found[question.id]],
                    }
                    for question in questions.QUESTIONS
                ],
                "reports_absent": absent,
            }
        )  # fmt: skip
    else:
        _show(questions.QUESTIONS, found, lacking, absent)
    if check and lacking:
        raise DataError(
            f"{len(lacking)} of {len(questions.QUESTIONS)} questions are not answered in full: {', '.join(lacking)}."
        )


def _show(
    questions: Sequence[Question],
    found: Mapping[str, Sequence[Answer]],
    lacking: Mapping[str, Sequence[str]],
    absent: Sequence[str],
) -> None:
    rows = []
    for question in questions:
        name = question.words
        for answer in found[question.id]:
            rows.append((name, answer.report, answer.section, ", ".join(answer.measures)))
            name = ""
        if question.id in lacking:
            rows.append((name, screen.styled("missing", "bad"), "", ", ".join(lacking[question.id])))  # fmt: skip
    screen.table(rows, head=("question", "report", "section", "measures"))
    said = f"{len(questions) - len(lacking)} of {len(questions)} questions are answered in full."
    screen.say(screen.styled(said, "bad" if lacking else "good"))
    if absent:
        screen.say(f"There is no notebook yet for: {', '.join(absent)}.")
