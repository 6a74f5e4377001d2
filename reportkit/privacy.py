"""Personal columns: what names a person is replaced by a pseudonym before it is stored.

A pseudonym is a keyed hash, so the same account has the same pseudonym in every load and nobody can find the name again
without the key. Destroying the key is the erasure: what was stored stays countable, and is nobody's any more. A load
under a new key begins anew; rows under an older key are no longer counted beside it, for they could be the same people.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reportkit.errors import ConfigError, from_os
from reportkit.tables import TABLES, TableSpec, table

if TYPE_CHECKING:
    import pyarrow as pa

    from reportkit.config import Privacy
    from reportkit.sources.model import Extract, Problem

KEY = "pseudonym.key"
_WITHHELD = "(personal)"


def personal(spec: TableSpec, settings: Privacy) -> tuple[str, ...]:
    """Give the columns of a table that are replaced before it is stored."""
    if not settings.pseudonymise:
        return ()
    marked = [column.name for column in spec.columns if column.personal]
    more = [name.partition(".")[2] for name in settings.columns if name.startswith(f"{spec.name}.")]
    return tuple(dict.fromkeys([*marked, *more]))


def protect(
    extract: Extract, folder: Path, settings: Privacy
) -> tuple[Extract, str | None, tuple[str, ...]]:
    """Replace what names a person.

    Args:
        extract: rows as they were read.
        folder: the workspace, where the key lies.
        settings: what is personal, and whether it is replaced.

    Returns:
        The extract with pseudonyms, in its problems too, the fingerprint of the key (None when nothing is personal), and
        the columns that were replaced.

    Raises:
        ConfigError: a column that is not known, or a key that is not one.
        TemporaryError: a new key cannot be written.
    """
    _known(settings.columns)
    wanted = personal(TABLES[extract.table], settings)
    present = {*extract.rows.column_names, *extract.refused.column_names}
    names = [name for name in wanted if name in present]
    if not names:
        return extract, None, ()
    secret = _key(folder / KEY)
    protected = replace(
        extract,
        rows=_replaced(extract.rows, names, secret),
        # The reason of a rejection names no value, but the row does.
        refused=_replaced(extract.refused, names, secret),
        problems=tuple(_withheld(problem, names) for problem in extract.problems),
    )
    return protected, fingerprint(secret), tuple(names)


def fingerprint(secret: bytes) -> str:
    """Give what tells one key from another and says nothing of either."""
    return hashlib.sha256(b"fingerprint" + secret).hexdigest()[:12]


def _replaced(rows: pa.Table, names: Sequence[str], secret: bytes) -> pa.Table:
    for name in names:
        if name in rows.column_names:
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, _pseudonyms(rows[name], secret))
    return rows


def _pseudonyms(values: object, secret: bytes) -> object:
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pc.dictionary_encode(values.cast(pa.string())).combine_chunks()  # type: ignore[attr-defined]
    if isinstance(encoded, pa.ChunkedArray):
        encoded = (
            encoded.chunk(0)
            if encoded.num_chunks
            else pa.array([], pa.dictionary(pa.int32(), pa.string()))
        )
    words = [pseudonym(word, secret) for word in encoded.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(encoded.indices)


def pseudonym(word: str, secret: bytes) -> str:
    """Give the pseudonym of a name: the same for the same name and key."""
    digest = hmac.new(secret, word.encode(), hashlib.sha256).digest()
    return "p-" + base64.b32encode(digest[:15]).decode().lower()


def _key(path: Path) -> bytes:
    """Read the key, or make one that only the owner may read."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        text = secrets.token_hex(32)
        try:
            path.touch(mode=0o600, exist_ok=False)
            path.write_text(text + "\n", encoding="ascii")
        except FileExistsError:
            return _key(path)
        except OSError as error:
            raise from_os(error, f"Writing {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); restore it from a copy.") from None
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) < 16:
        raise ConfigError(
            f"{path} is not a key (at least 32 hexadecimal digits); restore it from a copy."
        )
    return secret


def _known(names: Sequence[str]) -> None:
    for name in names:
        at, _, column = name.partition(".")
        if table(at).column(column).type != "text":
            raise ConfigError(f"[privacy] columns: {name} is no text; only names can be replaced.")


def _withheld(problem: Problem, names: Sequence[str]) -> Problem:
    parts = {part.strip() for part in (problem.column or "").split(",")}
    if problem.value is None or not parts & set(names):
        return problem
    return replace(problem, value=_WITHHELD)
