"""What independent checkers find in a page and in a PDF: axe-core in a browser, and two readers of PDF/UA."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import outloud
import page as pdf_reader

if TYPE_CHECKING:
    from tests.system.chromium import Browser

#: Of WCAG 2.2 to level AA, and what is good practice beyond.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe() -> str:
    """Give axe-core's script; the package that carries it is used for nothing else."""
    found = find_spec("axe_playwright_python")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def page_faults(
    browser: Browser, path: Path, width: int = 1400, *, contrast: bool = False
) -> list[str]:
    """Give what axe-core finds in a page, everything unfolded: the rule, what it says, and where.

    Contrast is slow to measure, and the same in every report: it is measured on a page with every kind of block.
    """
    browser.show(path, width)
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    browser.run(f"{axe()};0")
    options = json.dumps({
        "runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}},
    })  # fmt: skip
    # A drawing is one picture with words of its own; what it is made of is looked at in nobody's place.
    found = browser.run(f"axe.run({{exclude: ['.plot svg']}}, {options}).then(r => r.violations.map(v => [v.id, v.help, v.nodes.map(n => n.target.join(' ')).slice(0, 3)]))")  # fmt: skip
    return [f"{rule}: {words} {where}" for rule, words, where in found]


def pdf_faults(path: Path) -> list[str]:
    """Give what two independent readers find against PDF/UA-1, and one against PDF/A-2a."""
    found = []
    for profile in (pdf_reader.ValidationProfile.PDF_UA_1, pdf_reader.ValidationProfile.PDF_A_2A):
        judged = pdf_reader.validate_pdf(path, profile=profile)
        found += [f"{profile.name} {fault.rule_id}: {fault.message}" for fault in judged.failures]
    heard = outloud.check(str(path), layers=["conformance"])
    found += [f"{fault.rule}: {fault.message}" for fault in heard.findings if fault.severity == "error"]  # fmt: skip
    return found + ([heard.error] if heard.error else [])


def unreached(browser: Browser) -> list[str]:
    """Give what cannot be reached with the tab key in the page that is shown, folded as it is."""
    wanted = (
        "[...document.querySelectorAll('a[href],summary,[tabindex=\"0\"]')].filter(e => e.checkVisibility()"
        " && e.getClientRects().length).map((e, i) => (e.dataset.stop = i, i)).length"
    )
    count = browser.run(wanted)
    reached = set()
    for _ in range(count + 4):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)  # fmt: skip
        reached.add(browser.run("document.activeElement.dataset.stop"))
    missed = sorted({str(i) for i in range(count)} - reached)
    return [browser.run(f"document.querySelector('[data-stop=\"{i}\"]').outerHTML.slice(0, 120)") for i in missed]  # fmt: skip
