"""Any bytes at every door: a few in each run, many with ``-m soak``."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import ENDINGS, TARGETS

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large]
#: Pieces that lead deeper than noise does.
_PIECES = {
    "readers": [b"finding_id,severity,state\n", b'{"version":"2.1.0","runs":[', b"<NessusClientData_v2>", b"PK\x03\x04", b"\x1f\x8b\x08", b"PAR1", b"\xff\xfe", b"[{", b'":null}', b"\x00"],
    "periods": [b"2026", b"-Q3", b"FY", b"-W53", b"0001", b"9999", b"-13", b"T24:00", b"+14:00", b" "],
    "mappings": [b'table = "findings"\n', b"[columns]\n", b'title = "Title"\n', b'severity = { from = "Risk", values = { a = "high" } }\n', b'opened = { from = "F", format = "%Q" }\n', b"\x00Id;Title;Risk\n", b"a=["],
    "documents": [b"<table><tr><td rowspan=9>", b"</table>", b"# h\n\n", b"|a|b|\n|-|-|\n", b"![x](data:image/png;base64,AA)", b"<svg xmlns='http://www.w3.org/2000/svg'>", b"</svg>", b"\x00", b'{"mark":"bar"}', b"<script>", b"<img src=attachment:a>", b"\x1b[31m"],
}  # fmt: skip


def pieces(name: str) -> st.SearchStrategy[bytes]:
    joined = st.lists(st.one_of(st.sampled_from(_PIECES[name]), st.binary(max_size=12)), max_size=12).map(b"".join)  # fmt: skip
    if name != "readers":
        return joined
    return st.tuples(st.integers(0, len(ENDINGS) - 1), joined).map(lambda pair: bytes([pair[0]]) + pair[1])  # fmt: skip


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize(
    "count", [25, pytest.param(20_000, marks=pytest.mark.soak)], ids=["few", "many"]
)
def test_only_our_own_errors_come_out(name: str, count: int) -> None:
    @settings(max_examples=count, deadline=None, suppress_health_check=_CHECKS, database=None)
    @given(pieces(name))
    def tried(data: bytes) -> None:
        TARGETS[name](data)

    tried()
