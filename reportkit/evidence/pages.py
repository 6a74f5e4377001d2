"""The pages of a pack that open without reportkit and without Python: a text and a plain page, with nothing that runs."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportkit.evidence.signing import Signer

_WHAT = {
    "manifest.json": "what the run says of itself: inputs, parameters, versions, checks, hashes",
    "notebook.ipynb": "the executed notebook",
    "report.html": "the report as it was drafted, as a page",
    "report.pdf": "the report as it was drafted, to print",
    "message.eml": "the mail as it was drafted",
    "approval.json": "who approved which bytes",
    "figures.json": "every figure that the report prints, with its definition, inputs and interval",
    "figures.csv": "the same for a spreadsheet",
    "definitions.json": "what each measure counts, with its version and source",
    "ledger.jsonl": "the lines of the ledger about this run, chained by hashes",
    "told.jsonl": "what had been published of this report before",
    "signer.pem": "public key or certificate of whoever signed",
}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#1b2430;max-width:62rem;margin:2.5rem auto;padding:0 1.25rem}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.25rem 0}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid #d9dee6}
th{font-weight:600}td.n{text-align:right;font-variant-numeric:tabular-nums}code{font:0.85em ui-monospace,monospace;overflow-wrap:anywhere}
.fail{color:#a3232f;font-weight:600}.muted{color:#5b6673}
@media(prefers-color-scheme:dark){body{background:#12161c;color:#e4e8ee}th,td{border-color:#333b46}.muted{color:#98a3b1}.fail{color:#ff8a93}a{color:#8ab8ff}}
"""


def _title(said: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (said["report"], said["period"], said["unit"])))


def readme(said: Mapping[str, Any], names: Iterable[str], signer: Signer | None) -> str:
    """Give the text that says what is in a pack and how to check it."""
    listed = list(names)
    lines = [
        f"Evidence of the report {_title(said)}",
        "",
        f"Run {said['run_id']}, fingerprint of its inputs {said['fingerprint']}.",
        "index.html says the same as a page.",
        "",
        "To check that nothing was changed:",
        "",
        "    sha256sum -c SHA256SUMS            (macOS: shasum -a 256 -c SHA256SUMS)",
        "",
    ]
    if signer is not None:
        lines += ["To check who signed it (SHA256SUMS names every file by its hash, and SHA256SUMS.sig signs that):", ""]  # fmt: skip
        if signer.certified:
            lines.append("    openssl x509 -in signer.pem -pubkey -noout > key.pem")
        key = "key.pem" if signer.certified else "signer.pem"
        if signer.kind == "ed25519":
            lines.append(f"    openssl pkeyutl -verify -pubin -inkey {key} -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig")  # fmt: skip
        else:
            lines.append(f"    openssl dgst -sha256 -verify {key} -signature SHA256SUMS.sig SHA256SUMS")  # fmt: skip
        lines += ["", "Compare signer.pem with what you know of the signer; a key that only this pack shows proves nothing.", ""]  # fmt: skip
    lines += [
        "With reportkit:",
        "",
        "    reportkit verify PACK.zip          everything above, and that the files are those of the manifest",
        "    reportkit reproduce PACK.zip       makes the report again and compares it byte by byte",
        "",
        "What is in it:",
        "",
        *(f"    {name:<18} {what}" for name, what in _WHAT.items() if name in listed),
    ]
    if any(name.startswith("final/") for name in listed):
        lines.append(
            "    final/             the final edition: what is approved, published and sent"
        )
    if any(name.startswith("workspace/store/") for name in listed):
        lines.append(
            "    workspace/         settings, notebook, words and the rows, to make it again"
        )
    else:
        lines.append("    workspace/         settings, notebook and words that were read; the rows are not in this pack")  # fmt: skip
    return "\n".join(lines) + "\n"


def index(said: Mapping[str, Any], names: Sequence[str], figures: bytes) -> str:
    """Give the page that leads to everything in a pack."""
    rows = [
        ("Run", said["run_id"]), ("State at its end", said["state"]), ("As of", said["as_of"]), ("Known by", said["known_by"]),
        ("Fingerprint of the inputs", said["fingerprint"]),
        ("Notebook", f"{said['notebook']['file']}, SHA-256 {said['notebook']['sha256']}"),
        ("Made with", ", ".join(f"{name} {number}" for name, number in said["versions"].items())),
        ("Repository", _git(said["git"])), ("Seed", str(said["seed"])),
    ]  # fmt: skip
    parameters = [(name, repr(one["value"]), one["origin"]) for name, one in said["parameters"].items()]  # fmt: skip
    gates = [(gate["name"], gate["result"], gate["reason"]) for gate in said["gates"]]
    inputs = [
        (one["table"], one["source"], f"{one['rows']:,}", f"{one['rejected']:,}", one["recorded_at"], one["extract"][:16])
        for one in said["inputs"]
    ]  # fmt: skip
    told = [
        (one["measure"], one["name"], one["scope"], "not measured" if one["value"] is None else f"{one['value']:g}", one["unit"])
        for one in json.loads(figures)
    ]  # fmt: skip
    parts = [
        f"<h1>Evidence of {_text(_title(said))}</h1>",
        '<p class="muted">Opens without any program but a browser. <a href="README.txt">README.txt</a> says how to check it.</p>',
        _pairs(rows),
        "<h2>Files</h2>",
        _links(names),
        "<h2>Checks</h2>",
        _table(("check", "result", "reason"), gates),
        "<h2>Parameters</h2>",
        _table(("name", "value", "from"), parameters),
        "<h2>Loads</h2>",
        _table(("table", "source", "rows", "rejected", "known (UTC)", "SHA-256"), inputs, right=(2, 3)),
        "<h2>Figures</h2>",
        _table(("measure", "name", "part", "value", "unit"), told, right=(3,)),
    ]  # fmt: skip
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Evidence of {_text(_title(said))}</title><style>{_STYLE}</style></head><body>"
    )
    return head + "\n".join(parts) + "</body></html>\n"


def _git(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "none"
    return f"{found['commit'] or 'no commit yet'}{', with changes since' if found['dirty'] else ''}"


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    lines = (f"<tr><th>{_text(name)}</th><td><code>{_text(value)}</code></td></tr>" for name, value in rows)  # fmt: skip
    return f"<table>{''.join(lines)}</table>"


def _links(names: Sequence[str]) -> str:
    shown = [name for name in names if not name.startswith("workspace/store/")]
    rest = len(names) - len(shown)
    lines = [
        f'<tr><td><a href="{_text(name)}">{_text(name)}</a></td><td>{_text(_WHAT.get(name, ""))}</td></tr>'
        for name in shown
    ]
    if rest:
        lines.append(f"<tr><td>workspace/store/</td><td>the rows, in {rest} files</td></tr>")
    return f"<table>{''.join(lines)}</table>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    if not rows:
        return '<p class="muted">None.</p>'
    titles = "".join(f"<th>{_text(name)}</th>" for name in head)
    lines = []
    for row in rows:
        cells = (
            f"<td{' class=n' if number in right else ' class=fail' if value == 'fail' else ''}>{_text(value)}</td>"
            for number, value in enumerate(row)
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><tr>{titles}</tr>{''.join(lines)}</table>"
