"""Queries of the portable subset, written as another engine wants them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from reportkit.errors import DataError

if TYPE_CHECKING:
    from sqlglot import exp


@lru_cache(maxsize=512)
def postgres(query: str) -> str:
    """Write a query for PostgreSQL.

    Raises:
        DataError: it is not SQL.
    """
    from sqlglot import exp

    tree = _read(query)
    for split in list(tree.find_all(exp.Split)):
        split.replace(exp.func("STRING_TO_ARRAY", split.this, split.expression))
    _widen(tree)
    return _write(tree, "postgres")


@lru_cache(maxsize=512)
def spark(query: str, schema: str = "") -> tuple[str, tuple[str, ...]]:
    """Write a query for Spark, with each relation under the one name it has there (:func:`flat`).

    Args:
        query: of the portable subset.
        schema: where names without a schema are looked up.

    Returns:
        The query, and the names of the relations it reads.

    Raises:
        DataError: it is not SQL.
    """
    from sqlglot import exp

    tree = _read(query)
    relations = _flatten(tree, schema)
    for node in list(tree.find_all(exp.Div, exp.Avg)):
        # Decimals would be divided into decimals, and cut off after a few places.
        node.set("this", exp.cast(node.this, exp.DataType.Type.DOUBLE))
    for node in list(tree.find_all(exp.DateDiff)):
        # Whole units that have passed would be counted, and not how often one begins.
        for name in ("this", "expression"):
            node.set(name, _begin(node.args[name], node.text("unit").upper() or "DAY"))
    _widen(tree)
    return _write(tree, "spark"), relations


def flat(schema: str, name: str) -> str:
    """Give the one name of a relation of a schema, where views have none."""
    return f"{schema}__{name}".lower()


def _widen(tree: exp.Expression) -> None:
    """Let a sum of whole numbers be larger than they can be: a number, with nothing behind the point."""
    from sqlglot import exp

    for node in list(tree.find_all(exp.Sum)):
        whole = node.parent if isinstance(node.parent, exp.Window) else node
        whole.replace(exp.paren(whole.copy() + exp.cast(exp.Literal.number(0), "DECIMAL(1, 0)")))


def _begin(value: exp.Expression, unit: str) -> exp.Expression:
    from sqlglot import exp

    if unit == "DAY":
        return exp.cast(value, exp.DataType.Type.DATE)
    return exp.TimestampTrunc(this=value, unit=exp.var(unit))


def _flatten(tree: exp.Expression, schema: str) -> tuple[str, ...]:
    """Name the tables of a query as they are named there, and give these names; names of its own WITH stay."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    tables = [
        source
        for scope in traverse_scope(tree)
        for source in scope.sources.values()
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)
    ]
    names = []
    for table in {id(table): table for table in tables}.values():
        if not (table.db or schema):
            continue
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        names.append(flat(table.db or schema, table.name))
        table.set("this", exp.to_identifier(names[-1]))
        table.set("db", None)
    return tuple(names)


def _read(query: str) -> exp.Expression:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        return cast("exp.Expression", sqlglot.parse_one(query, read="duckdb"))
    except SqlglotError as error:
        raise _failed(error) from error


def _write(tree: exp.Expression, dialect: str) -> str:
    from sqlglot.errors import SqlglotError

    try:
        return tree.sql(dialect=dialect)
    except SqlglotError as error:
        raise _failed(error) from error


def _failed(error: Exception) -> DataError:
    return DataError(f"The query failed: {str(error).splitlines()[0]}")
