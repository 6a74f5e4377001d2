"""The configuration file: read whole, misspelt keys refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportkit import config
from reportkit.errors import ConfigError
from reportkit.workspace import open_workspace


def read(folder: Path, text: str) -> config.Settings:
    (folder / "reportkit.toml").write_text(text, encoding="utf-8")
    return config.read(folder)


def test_every_key_has_a_default(tmp_path: Path) -> None:
    settings = read(tmp_path, "")
    assert settings.organisation.currency == "EUR"
    assert settings.report.classification == "TLP:AMBER"


def test_values_are_taken(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        '[organisation]\nname = "Firm"\nfiscal_year_start = 4\ntimezone = "Europe/Zurich"\n',
    )
    assert settings.calendar.start_month == 4
    assert settings.calendar.timezone == "Europe/Zurich"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[organisation]\nnmae = "x"', "unknown key organisation.nmae; did you mean 'name'?"),
        ("[organisaton]\nname = 'x'", "unknown key organisaton; did you mean 'organisation'?"),
        ('[organisation]\ntimezone = "Zurich"', "'Zurich' is not a time zone"),
        ('[organisation]\ncurrency = "euro"', "organisation.currency = 'euro'"),
        ("[organisation]\nfiscal_year_start = 13", "organisation.fiscal_year_start = 13"),
        ('[report]\nclassification = "secret"', "report.classification = 'secret'"),
        ("[organisation", "is not valid TOML"),
        ("[limits]\ncell_seconds = 0", "limits.cell_seconds = 0"),
        ("[finance]\ndiscount_rate = 8", "finance.discount_rate = 8"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    assert words in error.value.message
    assert "\n" not in error.value.message


def test_a_folder_without_configuration_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a workspace"):
        config.read(tmp_path)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reportkit.toml").write_bytes('name = "Zürich"'.encode("cp1252"))
    with pytest.raises(ConfigError, match="save it as UTF-8"):
        config.read(tmp_path)


def test_a_folder_inside_a_workspace_belongs_to_it(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    read(tmp_path / "acme", "")
    inside = tmp_path / "acme" / "notebooks"
    inside.mkdir()
    assert open_workspace(inside).folder == (tmp_path / "acme").resolve()
    with pytest.raises(ConfigError, match="is not a workspace"):
        open_workspace(tmp_path)
