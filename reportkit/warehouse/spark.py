"""Measures on Apache Spark: on this machine, or on a server through Spark Connect.

Relations are views of a session, which ends with the report; nothing is written to a catalogue. On this machine extracts
are read where they lie. A server is sent each extract once per session.
"""

from __future__ import annotations

import contextlib
import socket
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reportkit import ranking, sql
from reportkit.errors import ConfigError, DataError, TemporaryError
from reportkit.secret import Secret, driver_line
from reportkit.warehouse import dialect, driver

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

    from reportkit.knowledge import Knowledge
    from reportkit.store import Load, Store

_INSTALL = "pip install 'reportkit-security[spark]'"
_PORT = 15002
_EXTRACTS = "extracts"
#: What is asked of a session, wherever it runs.
_SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
}


class Spark:
    """A Spark session that computes over the loaded rows.

    Args:
        url: ``spark://local`` starts Spark on this machine; ``sc://host:15002`` is a server that speaks Spark Connect.
    """

    def __init__(self, url: Secret) -> None:
        try:
            import pyspark
            import sqlglot  # noqa: F401 - asked for here, where its absence can be told
        except ImportError as error:
            raise ConfigError(
                f"[engine] url needs {error.name}; install it with {_INSTALL}."
            ) from None
        from py4j.protocol import Py4JError

        self._errors = (pyspark.errors.PySparkException, Py4JError)
        self._url = url
        with warnings.catch_warnings():
            # No pandas frame is handed to it, whatever it says of the version installed here.
            warnings.filterwarnings("ignore", "PySpark does not yet fully support", FutureWarning)
            self._session, self._read, held = _open(url)
        with self._tried():
            for name, value in _SESSION.items():
                self._session.conf.set(name, value)
        #: Relations that nobody has asked for yet: the file or the SELECT that each stands for, and whether it is copied.
        self._waiting: dict[str, tuple[Path | str, bool]] = {}
        self._extracts: set[str] = set()
        self._cached: list[str] = []
        self._frames = sql.Local()
        self._leave = weakref.finalize(
            self, _leave, self._session, self._cached, self._errors, held
        )

    def known(self, store: Store, schema: str, knowledge: Knowledge) -> dict[str, tuple[Load, ...]]:
        """Make every canonical table, as known; see :class:`reportkit.sql.Engine`."""
        return ranking.make_known(
            self, store, schema, knowledge, lambda load: self._part(store, load)
        )

    def _part(self, store: Store, load: Load) -> str:
        name = f"e{load.extract}"
        if name not in self._extracts:
            self._waiting[dialect.flat(_EXTRACTS, name)] = sql.extract(store, load), False
            self._extracts.add(name)
        return f"{_EXTRACTS}.{name}"

    def add_schema(self, schema: str) -> None:
        """Make a schema; see :class:`reportkit.sql.Engine`. Here it is the first part of a name."""

    def make(self, name: str, select: str, *, copied: bool, order: str = "") -> None:  # noqa: ARG002 - rows lie in columns, and no order finds them
        """Make a relation when it is first asked for; see :class:`reportkit.sql.Engine`."""
        self._waiting[dialect.flat(*name.split("."))] = select, copied

    def layer(self, known: str) -> None:
        """Say that every table is ranked as a whole; see :class:`reportkit.sql.Engine`."""

    def frame(self, query: str, schema: str = "") -> pd.DataFrame:
        """Run one query; see :class:`reportkit.sql.Engine`."""
        with self._tried(schema):
            rows = self._asked(query, schema).toArrow()
        return self._frames.pandas(_naive(rows))

    def _asked(self, query: str, schema: str = "") -> Any:
        """Give Spark's frame of a query, after the relations it reads."""
        text, relations = dialect.spark(query, schema)
        for view in relations:
            if view in self._waiting:
                stands_for, copied = self._waiting[view]
                rows = self._asked(stands_for) if isinstance(stands_for, str) else self._read(stands_for)  # fmt: skip
                rows.createOrReplaceTempView(view)
                if copied:
                    self._session.catalog.cacheTable(view)
                    self._cached.append(view)
                self._waiting.pop(view, None)
        return self._session.sql(text)

    @contextlib.contextmanager
    def _tried(self, schema: str = "") -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            line = driver_line(error, self._url).replace(dialect.flat(schema, ""), "")
            raise DataError(f"The query failed: {line}") from error

    def close(self) -> None:
        """Leave, and leave nothing behind."""
        self._leave()


def _open(url: Secret) -> tuple[Any, Callable[[Path], Any], Any]:
    """Open a session; give it, how it reads a Parquet file, and what is held while it is used."""
    parts = urlsplit(url.reveal())
    if parts.scheme == "sc":
        session = _connected(url)
        return session, lambda path: session.createDataFrame(_rows(path)), None
    if parts.netloc != "local" or parts.path.strip("/"):
        raise ConfigError(
            "[engine] url is spark://local for Spark on this machine; a cluster is reached by Spark Connect, sc://host:15002."
        )
    held = driver.running()
    session, folder = held.session(), held.folder

    def read(path: Path) -> Any:
        # By a name without signs that Spark would read as a pattern.
        link = folder / path.name
        if not link.is_symlink():
            link.symlink_to(path.resolve())
        return session.read.parquet(str(link))

    return session, read, held


def _connected(url: Secret) -> Any:
    parts = urlsplit(url.reveal())
    where = (parts.hostname or "localhost", parts.port or _PORT)
    try:
        # It would be tried for minutes.
        socket.create_connection(where, timeout=10).close()
    except OSError as error:
        raise TemporaryError(
            f"The warehouse on {where[0]} does not answer ({error}); check [engine] url."
        ) from None
    from pyspark.sql.connect.session import SparkSession

    return SparkSession.builder.remote(url.reveal()).create()


def _rows(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(path)


def _leave(
    session: Any, cached: list[str], errors: tuple[type[Exception], ...], held: driver.Driver | None
) -> None:
    """Let go of what was copied; the last one to leave ends Spark on this machine."""
    with contextlib.suppress(*errors):
        for view in cached:
            session.catalog.uncacheTable(view)
        if held is None:
            session.stop()


def _naive(rows: pa.Table) -> pa.Table:
    """Give instants in UTC without saying so, as everywhere here."""
    import pyarrow as pa

    for place, column in enumerate(rows.schema):
        if pa.types.is_timestamp(column.type) and column.type.tz:
            values = rows.column(place).cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
            rows = rows.set_column(place, column.name, values)
    return rows
