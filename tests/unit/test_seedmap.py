"""Every question of the readers has its answer in the suite, and one that is lost is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reportkit import resources, seedmap
from reportkit.errors import DataError
from reportkit.measures import definitions

#: How many things each reader asks for: overview, security leader, business leader, business case, CISO, team.
ASKED = {"overview": 4, "security": 4, "business": 4, "case": 8, "ciso": 9, "team": 6}


def notebook(folder: Path, *cells: tuple[str, str, dict[str, Any]]) -> Path:
    path = folder / "board.ipynb"
    listed = [{"cell_type": kind, "source": [source], "metadata": metadata} for kind, source, metadata in cells]  # fmt: skip
    path.write_text(json.dumps({"cells": listed}), encoding="utf-8")
    return path


def tag(**answers: list[str]) -> dict[str, Any]:
    return {
        "reportkit": {
            "answers": {name.replace("_", "."): measures for name, measures in answers.items()}
        }
    }


@pytest.mark.parametrize("question", seedmap.QUESTIONS, ids=lambda q: q.id)
def test_each_question_is_answered_in_full(question: seedmap.Question) -> None:
    answers = seedmap.answers(resources.notebooks())[question.id]
    assert answers
    shown = {id_ for answer in answers for id_ in answer.measures}
    assert set(question.measures) <= shown, f"no cell of the suite shows {sorted(set(question.measures) - shown)} for it"  # fmt: skip


def test_every_reader_asks_what_was_agreed() -> None:
    readers = [question.id.split(".")[0] for question in seedmap.QUESTIONS]
    assert {reader: readers.count(reader) for reader in readers} == ASKED
    assert len({question.id for question in seedmap.QUESTIONS}) == len(readers)


def test_measures_named_are_measures_there_are() -> None:
    known = definitions().keys()
    for question in seedmap.QUESTIONS:
        assert set(question.measures) <= known
    for answers in seedmap.answers(resources.notebooks()).values():
        for answer in answers:
            assert set(answer.measures) <= known
            assert answer.section


def test_a_lost_answer_is_noticed(tmp_path: Path) -> None:
    path = notebook(
        tmp_path, ("markdown", "# Audit\n\nwords", {}), ("code", "a(view)", tag(ciso_audits=["A01", "A02"])), ("code", "b(view)", {}),
    )  # fmt: skip
    found = seedmap.answers({"board": path})
    assert found["ciso.audits"] == [seedmap.Answer("board", "Audit", "a(view)", ("A01", "A02"))]
    lacking = seedmap.unanswered(found)
    assert lacking["ciso.audits"] == ("A03", "A04")
    assert lacking["team.educate"] == ("W01",)
    assert len(lacking) == sum(ASKED.values())


def test_an_answer_to_no_question_is_refused(tmp_path: Path) -> None:
    path = notebook(tmp_path, ("code", "a(view)", tag(ciso_audit=["A01"])))
    with pytest.raises(DataError, match=r"'ciso\.audit', which is no question.*ciso\.audits"):
        seedmap.answers({"board": path})


def test_a_file_that_is_no_notebook_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text("[]")
    with pytest.raises(DataError, match=r"x\.ipynb is not a notebook"):
        seedmap.answers({"x": tmp_path / "x.ipynb"})


def test_the_command_lists_and_checks(
    typed: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = json.loads(typed("seedmap", "--json").out)
    assert [q["id"] for q in said["questions"]] == [q.id for q in seedmap.QUESTIONS]
    assert all(q["missing"] is None for q in said["questions"])
    listed = typed("seedmap", "--check")
    assert (listed.code, "CISO: audits and assessments" in listed.out) == (0, True)
    # A project's own notebook of the same name takes the place of the suite's, and takes its answers away.
    (tmp_path / "reportkit.toml").touch()
    (tmp_path / "notebooks").mkdir()
    notebook(tmp_path / "notebooks").rename(tmp_path / "notebooks/audit.ipynb")
    ended = typed("seedmap", "--check", "--workspace", tmp_path)
    assert ended.code == 3
    assert "ciso.audits" in ended.err
    assert "team.educate" not in ended.err
