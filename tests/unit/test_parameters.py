"""The parameters cell is the contract: names, types, defaults, and what is refused."""

from __future__ import annotations

import ast
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import v4

from reportkit.errors import ParameterError
from reportkit.run.parameters import Contract, declared, secret_looking


def contract(source: str, *tags: str) -> Contract:
    cell = v4.new_code_cell(source)
    cell.metadata["tags"] = list(tags or ("parameters",))
    return declared(v4.new_notebook(cells=[cell]), "report.ipynb")


def bound(source: str, **values: object) -> dict[str, Any]:
    return dict(contract(source).bind(values, {}).values)


def test_defaults_stand_where_nothing_is_given() -> None:
    result = contract('"""Notes."""\nquarter = "Q1"  # a comment\nn: int = 3\nshare = 0.5\n').bind(
        {}, {}
    )
    assert result.values == {"quarter": "Q1", "n": 3, "share": 0.5}
    assert set(result.origins.values()) == {"default"}
    assert result.passed == {}


@pytest.mark.parametrize(
    "text", ["0042", "1e5", "nan", "true", "null", "None", "", "a=b", '"quoted"', "[1]"]
)
def test_text_stays_text(text: str) -> None:
    assert bound('code = "x"', code=text) == {"code": text}
    assert bound("code = None", code=text) == {"code": text}


@pytest.mark.parametrize(
    "case",
    [
        ("3", "12", 12), ("3", "-7", -7), ("3", 12, 12), ("0.5", "1e5", 1e5), ("0.5", "2", 2.0), ("0.5", 2, 2.0),
        ("True", "false", False), ("False", "yes", True), ("True", False, False),
        ("[]", '["a", 1]', ["a", 1]), ("[]", ("a",), ["a"]), ("{}", '{"a": 1}', {"a": 1}),
        ('"2026-09-30"', "2026-06-30", "2026-06-30"), ('"2026-09-30"', date(2026, 6, 30), "2026-06-30"),
        ('"x"', date(2019, 1, 1), "2019-01-01"), ("None", None, None), ("None", [date(2019, 1, 1)], ["2019-01-01"]),
    ],
    ids=repr,
)  # fmt: skip
def test_values_take_the_declared_type(case: tuple[str, object, object]) -> None:
    default, value, expected = case
    result = bound(f"p = {default}", p=value)["p"]
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    "case",
    [
        ("3", "3.5", "a whole number such as 12, not '3.5'"), ("3", "12x", "whole number"), ("3", True, "whole number"),
        ("3", 2.0, "whole number"), ("3", "nan", "whole number"), ("0.5", "half", "a number such as 0.5, not 'half'"),
        ("0.5", "nan", "number"), ("0.5", "inf", "number"), ("0.5", False, "number"), ("True", "maybe", "true or false"),
        ("True", 1, "true or false"), ("[]", "a,b", "list"), ("{}", "[1]", "mapping"), ('"x"', 5, "text"),
        ('"2026-09-30"', "2026-02-30", "a date such as 2026-09-30, not '2026-02-30'"),
        ('"2026-09-30"', datetime(2026, 9, 30, 1), "date"), ("None", {1, 2}, "text"), ('"x"', None, "text"),
    ],
    ids=repr,
)  # fmt: skip
def test_another_type_is_refused_with_both_named(case: tuple[str, object, str]) -> None:
    default, value, words = case
    with pytest.raises(ParameterError) as caught:
        bound(f"p = {default}", p=value)
    assert words in caught.value.message
    assert "'p'" in caught.value.message
    assert caught.value.exit_code == 2


def test_date_means_the_same_by_value_and_by_text() -> None:
    source = 'asof = "2024-01-01"'
    assert bound(source, asof=date(2024, 12, 31)) == bound(source, asof="2024-12-31")


def test_annotations_decide() -> None:
    source = "a: str | None = None\nb: Optional[int] = None\nc: Literal['x', 'y'] = 'x'\nd: 'list[str]' = []\ne: date = None"
    assert bound(source, a="1", b="2", c="y", d='["z"]', e="2026-01-31") == {
        "a": "1", "b": 2, "c": "y", "d": ["z"], "e": "2026-01-31",
    }  # fmt: skip
    assert bound(source, a=None, b=None)["b"] is None
    with pytest.raises(ParameterError, match="did you mean 'yes'"):
        bound("c: Literal['yes', 'no'] = 'no'", c="yess")


def test_unknown_name_says_the_nearest() -> None:
    with pytest.raises(
        ParameterError, match=r"report\.ipynb has no parameter 'quater'; did you mean 'quarter'\?"
    ):
        bound('quarter = "2024Q1"', quater="2024Q4")


def test_empty_cell_declares_nothing() -> None:
    with pytest.raises(ParameterError, match="no parameter 'key1'; none are defined"):
        bound("# nothing yet", key1="v")


def test_name_without_a_default_is_usable_and_needed() -> None:
    assert bound("key1: str", key1="v") == {"key1": "v"}
    with pytest.raises(ParameterError, match="needs parameter 'key1'"):
        bound("key1: str")


def test_notebook_without_a_parameters_cell_takes_none() -> None:
    plain = contract("a = 1", "other")
    assert plain.bind({}, {"period": "2026-Q3"}).values == {}
    with pytest.raises(ParameterError, match=r"report\.ipynb has no parameters cell.*'a'"):
        plain.bind({"a": "2"}, {})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import os", "'import os'"), ("a = today()", "'a' has no literal value"), ("a = b = 1", "only names"),
        ("a, b = 1, 2", "only names"), ("print(1)", "'print\\(1\\)'"), ("a = = 1", "is not Python"), ("x.y = 1", "only names"),
    ],
)  # fmt: skip
def test_cell_may_hold_only_names_with_literals(source: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        contract(source)


def test_cell_is_read_and_never_run(tmp_path: Any) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(ParameterError):
        contract(f"open({str(mark)!r}, 'w')")
    assert not mark.exists()


def test_two_parameter_cells_are_refused() -> None:
    cells = [v4.new_code_cell("a = 1"), v4.new_code_cell("b = 1")]
    for cell in cells:
        cell.metadata["tags"] = ["parameters"]
    with pytest.raises(ParameterError, match="2 cells tagged"):
        declared(v4.new_notebook(cells=cells), "two.ipynb")


def test_runner_fills_only_what_is_declared() -> None:
    runner = {
        "workspace": ".",
        "period": "2026-Q3",
        "unit": None,
        "known_by": "2026-10-09T00:00:00",
    }
    result = contract('period = ""\nunit = ""\nn = 1').bind({"n": "2"}, runner)
    assert result.passed == {"period": "2026-Q3", "unit": "", "n": 2}
    assert result.origins == {"period": "runner", "unit": "runner", "n": "given"}
    assert contract("unit = None").bind({}, runner).values == {"unit": None}


def test_runner_names_have_options_of_their_own() -> None:
    with pytest.raises(ParameterError, match="set with --period"):
        bound('period = ""', period="2026-Q3")


@pytest.mark.parametrize(
    "name",
    [
        "api_token",
        "token2",
        "PASSWORD",
        "db_password",
        "client_secret",
        "apiKey",
        "api_key",
        "key",
        "apikey",
        "credentials",
    ],
)
def test_secrets_are_not_passed_by_value(name: str) -> None:
    assert secret_looking(name)
    with pytest.raises(ParameterError, match="looks like a secret") as caught:
        bound(f"{name} = 'x'", **{name: "SEKRIT123"})
    assert "SEKRIT123" not in caught.value.message


@pytest.mark.parametrize("name", ["key_risks", "monkey", "key1", "secretariat", "keynote"])
def test_ordinary_names_are_no_secrets(name: str) -> None:
    assert not secret_looking(name)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
literals = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(literals)
def test_values_reach_the_notebook_as_they_were_bound(value: Any) -> None:
    """Papermill writes them as source; read back, that source holds the very values."""
    from papermill.translators import PythonTranslator

    converted = bound("p = None", p=value)["p"]
    tree = ast.parse(PythonTranslator.codify({"p": converted}))
    statement = tree.body[-1]
    assert isinstance(statement, ast.Assign)
    assert ast.literal_eval(statement.value) == converted
