"""Office files are zip archives: written again without the clock, the same document has the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime

_EPOCH = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def still(data: bytes, at: datetime) -> bytes:
    """Give an archive with fixed times, parts in order of name, and workbooks inside it treated alike.

    Args:
        data: a ``.pptx`` or ``.xlsx`` file.
        at: the instant that it says it was made at.
    """
    stamp = at.astimezone(UTC) if at.tzinfo else at
    said = f"{stamp:%Y-%m-%dT%H:%M:%SZ}".encode()
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        # Programs tell the kind of the file by its first part.
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            part = source.read(name)
            if name == "docProps/core.xml":
                part = _STAMP.sub(rb"\g<1>" + said + rb"\g<2>", part)
            elif name.endswith(".xlsx"):
                part = still(part, at)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            target.writestr(entry, part)
    return out.getvalue()
