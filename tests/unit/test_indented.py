"""Notebooks and manifests are written as the standard library and nbformat write them, byte for byte."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import v4

from reportkit.run import indented, template

leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates()
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@settings(max_examples=50, deadline=None)
@given(values)
def test_the_bytes_are_those_of_the_standard_library(value: Any) -> None:
    wanted = json.dumps(value, indent=1, ensure_ascii=False, default=str)
    assert indented.dumps(value) == wanted
    by_name = json.dumps(value, indent=1, ensure_ascii=False, default=str, sort_keys=True)
    assert indented.dumps(value, sort=True) == by_name


def test_names_that_are_no_texts_are_written_as_json_writes_them() -> None:
    value = {1: date(2026, 1, 2), False: [], None: {}, 1.5: ()}
    assert indented.dumps(value) == json.dumps(value, indent=1, default=str)


def test_a_notebook_is_written_as_nbformat_writes_it() -> None:
    data = {
        "text/html": "<p>a</p>\n<p>é\u2028b</p>\r\n", "text/plain": "a", "image/svg+xml": "<svg>\n</svg>", "image/png": "aGk=",
        "application/x+json": {"b": [1, {"c": None}], "a": "x\ny"},
    }  # fmt: skip
    outputs = [
        v4.new_output("display_data", data=data, metadata={"text/html": {"isolated": True}}),
        v4.new_output("stream", name="stdout", text="one\ntwo\n"),
        v4.new_output("error", ename="E", evalue="v", traceback=["a\nb"]),
    ]
    code = v4.new_code_cell("a = 1\nb", outputs=outputs, metadata={"trusted": True, "tags": ["x"]})
    words = v4.new_markdown_cell("# T\n\n![](attachment:a.png)", attachments={"a.png": {"image/png": "aGk="}})  # fmt: skip
    notebook = v4.new_notebook(cells=[words, code], metadata={"signature": "s", "kernelspec": {"name": "python3", "display_name": "P"}})  # fmt: skip
    before = copy.deepcopy(notebook)
    assert template.text(notebook) == (nbformat.writes(notebook) + "\n").encode()
    assert notebook == before
