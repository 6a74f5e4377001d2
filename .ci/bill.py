"""Completes a CycloneDX bill of materials of an environment: python .ci/bill.py BILL HASHED SITE_PACKAGES OUT.

What the tool that wrote it cannot see is added: sums of the files that may be installed, licences that are not written in the terms of SPDX, and what
is built into the wheel from others' work. The result is held against the schema before it is written.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

#: Files of the wheel that are made from others' work: where they lie, who made it, under which licence.
BUILT = (
    ("reportkit/_assets/vega.js", "Vega, with the modules of D3 that it needs", "BSD-3-Clause AND ISC"),
    *((f"reportkit/_bundled/templates/fonts/Inter-{style}.{kind}", "Inter, a part of its characters", "OFL-1.1")
      for style in ("Regular", "Medium", "SemiBold", "Italic") for kind in ("ttf", "woff2")),
)  # fmt: skip


def plain(name: str) -> str:
    """Write the name of a distribution as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def complete(
    bill: dict[str, Any],
    hashed: Mapping[str, Any],
    licences: Mapping[str, str],
    built: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Give the bill with what is missing in it.

    Args:
        bill: of the environment.
        hashed: of the exact versions, with a sum of each file that may be installed.
        licences: what distributions say of theirs, by name.
        built: components that are in the wheel.
    """
    sums = {
        (plain(one["name"]), one["version"]): [ref for ref in one.get("externalReferences", ()) if ref.get("hashes")]
        for one in hashed["components"]
    }  # fmt: skip
    for one in bill["components"]:
        name = plain(one["name"])
        more = sums.get((name, one["version"]), [])
        one["externalReferences"] = [*one.get("externalReferences", ()), *more]
        if not one.get("licenses") and licences.get(name):
            one["licenses"] = [{"license": {"name": licences[name], "acknowledgement": "declared"}}]
    bill["components"] += built
    return bill


def vega_modules(hook: str) -> dict[str, str]:
    """Read from the build hook which modules the script of the page is made of."""
    for node in ast.parse(hook).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "VEGA_MODULES":
            found: dict[str, str] = ast.literal_eval(node.value)
            return found
    raise SystemExit("hatch_build.py names no VEGA_MODULES")


def built_in(site: Path, hook: str) -> list[dict[str, Any]]:
    """Give the components that are made at build time, with the sums of their files."""
    found: list[dict[str, Any]] = []
    for name, what, licence in BUILT:
        sum_ = hashlib.sha256((site / name).read_bytes()).hexdigest()
        one: dict[str, Any] = {
            "type": "file", "bom-ref": name, "name": name, "description": what,
            "hashes": [{"alg": "SHA-256", "content": sum_}], "licenses": [{"expression": licence}],
        }  # fmt: skip
        if name.endswith(".js"):
            one["components"] = [
                {"type": "library", "bom-ref": f"{module}@{version}", "name": module, "version": version,
                 "purl": f"pkg:npm/{module}@{version}", "licenses": [{"license": {"id": "BSD-3-Clause"}}]}
                for module, version in vega_modules(hook).items()
            ]  # fmt: skip
        found.append(one)
    return found


def main() -> None:
    """Read, complete, check and write."""
    bill, hashed, site, out = map(Path, sys.argv[1:])
    said = {
        plain(one.metadata["Name"]): (one.metadata.get("License") or "").splitlines()[:1]
        for one in distributions(path=[str(site)])
    }
    whole = complete(
        json.loads(bill.read_text(encoding="utf-8")),
        json.loads(hashed.read_text(encoding="utf-8")),
        {name: lines[0] for name, lines in said.items() if lines},
        built_in(site, (Path(__file__).parents[1] / "hatch_build.py").read_text(encoding="utf-8")),
    )
    text = json.dumps(whole, indent=2, sort_keys=True) + "\n"

    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    wrong = JsonStrictValidator(SchemaVersion.from_version(whole["specVersion"])).validate_str(text)
    if wrong is not None:
        raise SystemExit(f"the bill is no valid CycloneDX {whole['specVersion']}: {wrong}")
    out.write_text(text, encoding="utf-8")
    parts = whole["components"]
    bare = sorted(one["name"] for one in parts if not one.get("licenses"))
    unsummed = sorted(one["name"] for one in parts if not one.get("hashes") and not any(ref.get("hashes") for ref in one.get("externalReferences", ())))  # fmt: skip
    print(f"{out}: {len(parts)} components; without a licence: {', '.join(bare) or 'none'}; without a sum: {', '.join(unsummed) or 'none'}")  # fmt: skip


if __name__ == "__main__":
    main()
