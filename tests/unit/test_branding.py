"""A workspace's own look: what is refused and with which ratio, and what it does to page, paper and mail."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pikepdf
import pytest

from reportkit import branding, config, resources, stationery, theme
from reportkit.errors import ConfigError
from reportkit.render import charts, email, html, pdf
from tests.conftest import Ended
from tests.unit import documents, pages

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="30"><rect width="120" height="30" fill="#FFFFFF"/></svg>'
ROOT = Path(__file__).resolve().parents[2]


def house(folder: Path, toml: str = "") -> Path:
    """Make a workspace with a theme and write on its paper."""
    (folder / "reportkit.toml").write_text("")
    (folder / "logo.svg").write_text(LOGO)
    if toml:
        (folder / "theme.toml").write_text(toml)
    stationery.use(folder, config.read(folder))
    return folder


def test_the_contrast_formula_is_the_published_one() -> None:
    # WCAG 2.2: black on white is 21 to 1; #767676 on white is the known edge of 4.54.
    assert branding.contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert branding.contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)
    assert all(pair.holds for pair in branding.pairs(theme.tokens()))


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[light]\nmuted = "#AAAAAA"', "light.muted #AAAAAA on light.page #FFFFFF has a contrast of 2.32 to 1, and 4.5 is needed"),
        ('[light]\nink = "#FFD700"', "light.ink #FFD700 on light.page #FFFFFF has a contrast of 1.40 to 1"),
        ('[light]\ninc = "#000000"', "unknown key light.inc; did you mean 'ink'"),
        ('[light]\nink = "navy"', "light.ink = 'navy' is not a colour; write for example '#0B2239'"),
        ('[page]\npaper = "Leter"', "page.paper = 'Leter' is not known; did you mean 'Letter'"),
        ("[page]\nleft = -3.0", "page.left = -3.0 is not a size"),
        ("[brand]\nlogo = 3", "brand.logo = 3 is not of the kind of ''"),
        ('light = "dark"', "light is a part of its own"),
        ("[light", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_theme_with_a_fault_is_refused(tmp_path: Path, toml: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        house(tmp_path, toml)


def test_only_what_differs_is_written_down(tmp_path: Path) -> None:
    house(tmp_path, '[light]\naccent = "#8A2432"\n')
    look = theme.tokens()
    assert look["light"]["accent"] == "#8A2432"
    assert look["light"]["ink"] == "#0B2239"
    assert "--accent:#8A2432" in html.write(pages.document(pages.words("One."))).data.decode()


@pytest.mark.parametrize(("paper", "points"), [("A4", (595.3, 841.9)), ("Letter", (612.0, 792.0))])
def test_paper(tmp_path: Path, paper: str, points: tuple[float, float]) -> None:
    house(tmp_path, f'[page]\npaper = "{paper}"\n')
    made = pdf.write(pages.document(pages.words("One."), pages.scorecard()))
    with pikepdf.open(io.BytesIO(made.data)) as opened:
        sizes = {(round(float(p.mediabox[2]), 1), round(float(p.mediabox[3]), 1)) for p in opened.pages}  # fmt: skip
    assert sizes == {points}
    assert made.conformance == ("ua-1", "a-2a")
    assert f"@page{{size:{paper};" in html.write(pages.document(pages.words("One."))).data.decode()


def test_logo_footer_and_cover_fields_stand_in_every_format(tmp_path: Path) -> None:
    house(
        tmp_path,
        '[brand]\nlogo = "logo.svg"\nfooter = "Halden Maritime AS, Org. 912 345 678"\n'
        '[cover]\nfields = ["as_of", "status"]\n[cover.own]\n"Document number" = "SEC-017"\n',
    )
    document = pages.document(pages.words("One."))
    page = html.write(document).data.decode()
    assert 'class="logo" src="data:image/svg+xml;base64,' in page
    assert "SEC-017" in page
    assert "Known by" not in page.partition("</header>")[0]
    assert '@bottom-left{content:"Halden Maritime AS, Org. 912 345 678"' in page
    (tmp_path / "r.pdf").write_bytes(pdf.write(document).data)
    import subprocess

    paper = subprocess.run(["pdftotext", tmp_path / "r.pdf", "-"], capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert paper.count("Halden Maritime AS, Org. 912 345 678") == paper.count("\f") - 1
    assert "SEC-017" in paper
    assert "PREPARED BY" not in paper
    message = email.write(document, sender="a@example.org", recipients=[]).message
    assert isinstance(message, EmailMessage)
    body = message.get_body(("html",))
    assert body is not None
    assert 'src="cid:logo@reportkit"' in body.get_content()
    assert "Org. 912 345 678" in body.get_content()
    assert "<logo@reportkit>" in [part["Content-ID"] for part in message.walk()]


def test_the_mark_stands_on_every_printed_page(tmp_path: Path) -> None:
    house(tmp_path)
    document = pages.document(pages.words("One."), classification='Own "label" </style>')
    page = html.write(document).data.decode()
    assert '@top-right{content:"Own \\22 label\\22  \\3c \\2f style\\3e ";' in page
    (tmp_path / "r.pdf").write_bytes(pdf.write(document).data)
    import subprocess

    paper = subprocess.run(["pdftotext", tmp_path / "r.pdf", "-"], capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert all("Own" in sheet for sheet in paper.split("\f") if sheet.strip())


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('[brand]\nlogo = "none.svg"', "cannot be opened"),
        ('[brand]\nlogo = "reportkit.toml"', "is neither SVG nor PNG"),
        ('[cover]\nfields = ["authr"]', "did you mean 'author'"),
    ],
)
def test_a_logo_or_field_that_is_not_there_is_told(tmp_path: Path, toml: str, said: str) -> None:
    house(tmp_path, toml)
    with pytest.raises(ConfigError, match=re.escape(said)):
        html.write(pages.document(pages.words("One.")))


def font(folder: Path) -> None:
    """Lay a font of another family beside the theme: the bundled one under a new name."""
    from fontTools.ttLib import TTFont

    for style in ("Regular", "SemiBold"):
        made = TTFont(resources.bundled("templates") / "fonts" / f"Inter-{style}.ttf")
        for record in made["name"].names:
            named = {
                1: "Halden Sans",
                4: f"Halden Sans {style}",
                6: f"HaldenSans-{style}",
                16: "Halden Sans",
            }
            record.string = named.get(record.nameID, record.string)
        made.save(folder / f"HaldenSans-{style}.ttf")


def test_fonts_by_file(tmp_path: Path) -> None:
    pytest.importorskip("fontTools")
    font(tmp_path)
    house(tmp_path, '[font]\nsans = "Halden Sans"\nfiles = ["HaldenSans-Regular.ttf", "HaldenSans-SemiBold.ttf"]\n')  # fmt: skip
    document = pages.document(pages.words("One."), pages.bars())
    made = pdf.write(document)
    with pikepdf.open(io.BytesIO(made.data)) as opened:
        fonts = {str(item.get("/BaseFont")) for item in opened.objects if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font"}  # fmt: skip
    assert fonts
    assert not any("Inter-" in name and "Halden" not in name for name in fonts), fonts
    page = html.write(document).data.decode()
    assert '@font-face{font-family:"Halden Sans";font-weight:600' in page
    assert 'font-family="Halden Sans' in charts.svg(pages.bars())
    with pytest.raises(ConfigError, match="did you mean 'Halden Sans'"):
        house(tmp_path, '[font]\nsans = "Haldn Sans"\nfiles = ["HaldenSans-Regular.ttf"]\n')


def test_a_template_of_ones_own_takes_the_place_of_the_bundled_one(tmp_path: Path) -> None:
    house(tmp_path)
    for name, source in resources.overridable().items():
        copy = tmp_path / "templates" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    sheet = tmp_path / "templates" / "reportkit" / "page.html.j2"
    sheet.write_text(sheet.read_text().replace("Skip to the report", "To the report"))
    letter = tmp_path / "templates" / "email" / "mail.html.j2"
    letter.write_text(letter.read_text().replace('<td class="body">', '<td class="body"><p>House style.</p>'))  # fmt: skip
    print_ = tmp_path / "templates" / "typst" / "report.typ"
    print_.write_text(print_.read_text().replace('"How to read this report"', '"Reading aid"'))
    stationery.use(tmp_path, config.read(tmp_path))
    document = pages.document(pages.words("One."), pages.words("Two."))
    assert "To the report" in html.write(document).data.decode()
    body = email.write(document, sender="a@example.org", recipients=[]).message.get_body(("html",))
    assert body is not None
    assert "House style." in body.get_content()
    from reportkit.render import model

    made = pdf.write(model.read(documents.board_pack()))
    (tmp_path / "r.pdf").write_bytes(made.data)
    import subprocess

    assert "Reading aid" in subprocess.run(["pdftotext", tmp_path / "r.pdf", "-"], capture_output=True, text=True, check=True).stdout  # fmt: skip


def test_the_example_of_the_docs_is_a_theme(tmp_path: Path) -> None:
    written = (ROOT / "docs" / "editions.md").read_text()
    (example,) = re.findall(r"```toml\n# theme\.toml\n(.*?)```", written, re.DOTALL)
    named = re.search(r'logo = "([^"]+)"', example)
    assert named is not None
    (tmp_path / named[1]).write_text(LOGO)
    house(tmp_path, example)
    look = theme.tokens()
    assert look["page"]["paper"] == "Letter"
    made = pdf.write(pages.document(pages.words("One.")))
    assert made.conformance == ("ua-1", "a-2a")


def test_the_command_shows_copies_and_refuses(
    tmp_path: Path, typed: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    house(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert typed("theme", "--copy").code == 0
    assert "Colours" in typed("theme").out
    assert typed("theme", "--copy").code == 2
    assert "reportkit/page.css" in typed("theme", "--template", "list").out
    assert typed("theme", "--template", "email/mail.css.j2").code == 0
    assert "email/mail.css.j2" in typed("theme").out
    said = typed("theme", "--template", "page.css")
    assert (said.code, "did you mean 'reportkit/page.css'" in said.err) == (2, True)
    (tmp_path / "theme.toml").write_text('[light]\nmuted = "#AAAAAA"')
    said = typed("theme")
    assert (said.code, "2.32 to 1" in said.err) == (7, True)
