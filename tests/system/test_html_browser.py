"""The page in a real browser: no console error, nothing fetched, live charts, three widths, print, no scripts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportkit.facts import Cell, Column, Table
from reportkit.render import html
from tests import accessible
from tests.system.chromium import Browser, available
from tests.unit.pages import bars, cover, document, everything, lines

pytestmark = pytest.mark.slow
EVIL = "<img src=x onerror=window.hit=1>"
BOX = "(e => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })"
#: WCAG contrast of the text of each element against the first painted ground behind it; the worst is given.
WORST = """
(() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = parse(c).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (c.startsWith('rgb') && (parse(c)[3] ?? 1) === 1) return c; } return 'rgb(255, 255, 255)'; };
  let worst = [99, ''];
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg,script,.away,.tip') || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const r = e.getBoundingClientRect(); if (!r.width || !r.height) continue;
    const a = light(getComputedStyle(e).color), b = light(ground(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < worst[0]) worst = [ratio, e.className + ': ' + e.textContent.trim().slice(0, 40)];
  }
  return worst;
})()
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = available()
    if program is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    with Browser(program, timezone="America/Los_Angeles") as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    head = [
        "Finding",
        "Asset",
        "Unit",
        "Severity",
        "Vulnerability",
        "Opened",
        "Due",
        "State",
        "Owner",
        "Exposure",
        "EPSS",
        "Late",
    ]
    row = ["F-10240", "srv-pay-000", "Data Platform", "Critical", "CVE-2026-20000", "14 May 2026", "13 Jun 2026",
           "open, accepted until 31 December", "Head of Infrastructure", "internet", "0.496", "137"]  # fmt: skip
    wide = Table(
        id="wide", title="Forty rows", columns=tuple(Column(label=label) for label in head), wide=True, dense=True,
        rows=tuple(tuple(Cell(text=text) for text in row) for _ in range(40)),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(
        html.write(document(*everything(), bars("evil", EVIL, alt="Bars."), wide)).data
    )
    return path


@pytest.mark.parametrize("width", [360, 800, 1400])
@pytest.mark.parametrize("dark", [False, True])
def test_every_width_is_whole_and_quiet(
    browser: Browser, page: Path, width: int, *, dark: bool
) -> None:
    browser.show(page, width, dark=dark)
    browser.wake()
    assert browser.problems() == []
    assert browser.run("document.documentElement.scrollWidth") == width
    assert browser.run("document.querySelectorAll('figure[data-live]').length") == 3
    assert browser.run("document.querySelectorAll('[data-fault]').length") == 0
    ratio, where = browser.run(WORST)
    assert ratio >= 4.5, where


def test_axe_finds_nothing_in_a_page_with_every_kind_of_block(browser: Browser, page: Path) -> None:
    assert accessible.page_faults(browser, page, contrast=True) == []


def test_nothing_is_asked_of_the_network(browser: Browser, page: Path) -> None:
    browser.show(page)
    browser.wake()
    asked = browser.requests()
    assert page.as_uri() in asked
    assert [url[:40] for url in asked if url != page.as_uri() and not url.startswith("data:")] == []


def test_hostile_data_is_text_in_the_page_and_in_tooltips(browser: Browser, page: Path) -> None:
    browser.show(page)
    browser.wake()
    browser.bring("evil")
    x, y, width, height = browser.run(
        f"{BOX}(document.querySelector('#evil .live path[aria-label*=\"onerror\"],#evil .live .mark-rect path'))"
    )
    browser.move(x + width / 2, y + height / 2)
    tip = browser.until(
        "document.querySelector('.tip').hidden ? '' : document.querySelector('.tip').textContent"
    )
    assert EVIL in tip
    assert "12" in tip
    assert browser.run("document.querySelectorAll('.tip img, .live img').length") == 0
    assert browser.run("window.hit") is None


def test_the_policy_stops_a_script_that_gets_in(browser: Browser, page: Path) -> None:
    browser.show(page)
    browser.run(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.hit = 1'; document.body.append(s); })()"
    )
    browser.run(
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.hit = 1\">')"
    )
    browser.run("new Promise(r => setTimeout(r, 100))")
    assert browser.run("window.hit") is None
    assert (
        browser.run("fetch('https://example.invalid/').then(() => 'sent', () => 'refused')")
        == "refused"
    )
    assert any("Content Security Policy" in problem for problem in browser.problems())


def test_a_legend_picks_its_series(browser: Browser, page: Path) -> None:
    browser.show(page)
    browser.wake()
    browser.bring("stock")
    faint = "[...document.querySelectorAll('#stock .live .mark-line path')].map(p => +p.getAttribute('opacity') || 1).sort()"
    assert browser.run(faint) == [1, 1]
    x, y, width, height = browser.run(
        f"{BOX}([...document.querySelectorAll('#stock .live text')].find(t => t.textContent === 'High'))"
    )
    browser.click(x + width / 2, y + height / 2)
    browser.until(f"{faint}[0] < 1")
    assert browser.run(faint) == [0.12, 1]


def test_live_axes_say_what_the_drawing_says_west_of_greenwich(
    browser: Browser, page: Path
) -> None:
    browser.show(page)
    browser.wake()
    assert browser.run("new Date(2026, 0, 1).getTimezoneOffset()") == 480
    ticks = "[...new Set([...document.querySelectorAll('#stock {} text')].map(t => t.textContent).filter(t => /^[A-Z][a-z]{{2}}$/.test(t)))]"
    still, live = browser.run(ticks.format(".still")), browser.run(ticks.format(".live"))
    assert live == still
    assert live[0] == "Jan"


def test_without_scripts_everything_is_there(browser: Browser, page: Path) -> None:
    browser.show(page, scripts=False)
    sizes = browser.call("Runtime.evaluate", expression=(
        "[...document.querySelectorAll('.still svg')].map(s => s.getBoundingClientRect().height)"
    ), returnByValue=True)["result"]["value"]  # fmt: skip
    assert len(sizes) == 3
    assert min(sizes) > 100
    assert browser.problems() == []


def test_print_shows_drawings_and_no_navigation(browser: Browser, page: Path) -> None:
    browser.show(page)
    browser.wake()
    browser.call("Emulation.setEmulatedMedia", media="print", features=[])
    shown = "[...document.querySelectorAll('{}')].map(e => getComputedStyle(e).display)"
    assert set(browser.run(shown.format(".live, nav.contents, .skip"))) == {"none"}
    assert set(browser.run(shown.format(".still"))) == {"block"}
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_printed_pages_are_a4_and_lose_no_column(browser: Browser, page: Path) -> None:
    import pikepdf

    browser.show(page, dark=True)
    browser.wake()
    with pikepdf.open(io.BytesIO(browser.pdf())) as pdf:
        boxes = [[round(float(x)) for x in p.mediabox][2:] for p in pdf.pages]
    assert sorted(boxes[0]) == [595, 842]
    assert [842, 595] in boxes
    assert 4 <= len(boxes) <= 9
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=1009,
        height=680,
        deviceScaleFactor=1,
        mobile=False,
    )
    browser.call("Emulation.setEmulatedMedia", media="print", features=[])
    right = browser.run(
        "[...document.querySelectorAll('#wide tr > :last-child')].map(c => c.getBoundingClientRect().right).reduce((a, b) => Math.max(a, b))"
    )
    assert right <= 1009


def test_keyboard_reaches_the_report_and_wide_tables(browser: Browser, page: Path) -> None:
    browser.show(page, 360)

    def press() -> str:
        for kind in ("keyDown", "keyUp"):
            browser.call(
                "Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9
            )
        return str(
            browser.run("document.activeElement.className || document.activeElement.tagName")
        )

    reached = [press() for _ in range(12)]
    assert reached[0] == "skip"
    assert "SUMMARY" in reached
    assert "scroll" in reached


def test_contents_fold_on_a_phone_and_stand_open_on_a_desk(browser: Browser, page: Path) -> None:
    height = "document.querySelector('nav.contents ol').getBoundingClientRect().height"
    browser.show(page, 360)
    assert browser.run("document.querySelector('nav.contents details').open") is False
    browser.show(page, 1400)
    assert browser.run(height) > 60
    assert (
        browser.run("getComputedStyle(document.querySelector('nav.contents')).position") == "sticky"
    )


def test_axes_are_written_in_the_words_of_the_report(browser: Browser, tmp_path: Path) -> None:
    chart = lines("money")
    chart.spec["encoding"]["y"]["axis"] = {"format": ".1%"}
    path = tmp_path / "r.html"
    path.write_bytes(html.write(document(chart, title=cover().title)).data)
    browser.show(path)
    browser.wake()
    texts = "[...document.querySelectorAll('#money {} text')].map(t => t.textContent).filter(t => t.endsWith('%'))"
    still, live = browser.run(texts.format(".still")), browser.run(texts.format(".live"))
    assert live == still
    assert all(re.search(r"\N{NARROW NO-BREAK SPACE}%$", t) for t in live)
