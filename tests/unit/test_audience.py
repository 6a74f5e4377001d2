"""Who gets a report: addresses, domains, marks, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reportkit.deliver.audience import chosen, recipients
from reportkit.distribution import Audience
from reportkit.errors import ConfigError, DataError, HeldError, UsageError

ANNA = {"address": "anna@example.org", "name": "Anna"}


def audience(**given: Any) -> dict[str, Audience]:
    made = {"reports": ["board"], "domains": ["example.org"], "members": [ANNA], **given}
    return {"board": Audience.model_validate(made)}


def addresses(found: dict[str, Audience], folder: Path = Path(), **given: Any) -> list[str]:
    asked = {"marks": {"": given.pop("mark", "TLP:AMBER")}, "folder": folder, **given}
    return [one.address for one in recipients(found, "board", **asked)]


def test_each_address_once_whatever_its_letters(tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("\ufeffAddress;Name;Formats\nANNA@Example.org;Again;pdf\nben@example.org;Ben;pdf, html\n\n")  # fmt: skip
    found = recipients(audience(file="more.csv"), "board", marks={"": "TLP:AMBER"}, folder=tmp_path)
    assert [(one.address, one.name, one.formats) for one in found] == [
        ("anna@example.org", "Anna", ("pdf",)),
        ("ben@example.org", "Ben", ("pdf", "html")),
    ]


@pytest.mark.parametrize(
    ("address", "domain", "shown", "envelope"),
    [
        # RFC 5891: the domain goes over the wire in ASCII; the part before it has no such form (RFC 6531).
        ("anna@BÜCHER.example", "bücher.example", "anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "bücher.example", "anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("jörg@bücher.example", "xn--bcher-kva.example", "jörg@bücher.example", "jörg@xn--bcher-kva.example"),
    ],
)  # fmt: skip
def test_addresses_in_letters_of_other_languages(
    address: str, domain: str, shown: str, envelope: str
) -> None:
    (one,) = recipients(
        audience(domains=[domain], members=[{"address": address}]),
        "board", marks={"": "TLP:AMBER"}, folder=Path(),
    )  # fmt: skip
    assert (one.address, one.envelope) == (shown, envelope)


@pytest.mark.parametrize(
    "address",
    ["anna", "anna@", "@example.org", "a b@example.org", "anna@example.org, ben@example.org", "anna@example..org", "anna@example.org\nBcc: eve@example.org", "anna@example.org\r\n", "Anna <anna@example.org>"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="is not a mail address"):
        addresses(audience(members=[{"address": address}]))


@pytest.mark.parametrize("address", ["eve@example.com", "eve@example.org.evil.net", "eve@sub.example.org", "eve@exämple.org"])  # fmt: skip
def test_an_address_outside_of_the_domains_stops_everything(address: str) -> None:
    with pytest.raises(ConfigError, match=r"outside of its domains \(example\.org\); nothing was sent"):  # fmt: skip
        addresses(audience(members=[ANNA, {"address": address}]))


def test_marks() -> None:
    assert addresses(audience(tlp="TLP:AMBER"), mark="TLP:AMBER") == ["anna@example.org"]
    with pytest.raises(HeldError, match=r"is TLP:AMBER\+STRICT, and audience board may receive up to TLP:AMBER"):  # fmt: skip
        addresses(audience(tlp="TLP:AMBER"), mark="TLP:AMBER+STRICT")
    assert addresses(audience(tlp="TLP:RED"), mark="TLP:RED") == ["anna@example.org"]
    with pytest.raises(HeldError, match=r"named people only; in audience board these have no name: all@example\.org"):  # fmt: skip
        addresses(audience(tlp="TLP:RED", members=[ANNA, {"address": "all@example.org"}]), mark="TLP:RED")  # fmt: skip


def test_a_unit_gets_its_own_report() -> None:
    both = audience(units=True)
    given: dict[str, Any] = {
        "unit": "FLD",
        "unit_addresses": ("fld@example.org", "FLD@example.org"),
    }
    assert addresses(both, **given) == ["fld@example.org"]
    with pytest.raises(ConfigError, match="No audience with units = true gets the report board"):
        addresses(audience(), **given)
    with pytest.raises(ConfigError, match="unit FLD has no addresses in the table units"):
        addresses(both, unit="FLD")
    with pytest.raises(ConfigError, match=r"fld@example\.com is outside"):
        addresses(both, unit="FLD", unit_addresses=("fld@example.com",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mail\nanna@example.org\n", "column 'mail' is not known; allowed: address"),
        ("name\nAnna\n", "column 'address' is missing"),
        ("address,edition\nanna@example.org,long\n", "row 2, column edition = 'long'"),
        ("address,formats\nanna@example.org,pdf docx\n", "row 2, column formats"),
        ("address,name\n,Anna\n", "row 2, column address: field required"),
    ],
)
def test_files_that_are_not_understood(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "more.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        addresses(audience(file="more.csv"), tmp_path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        addresses(audience(file="nope.csv"), tmp_path)


def test_names_that_could_end_a_header() -> None:
    with pytest.raises(ConfigError, match="holds a control character"):
        addresses(audience(members=[{"address": "anna@example.org", "name": "A\r\nBcc: eve@example.org"}]))  # fmt: skip


def test_chosen_members() -> None:
    found = recipients(audience(), "board", marks={"": "TLP:AMBER"}, folder=Path())
    assert chosen(found, ["ANNA@example.org"]) == found
    with pytest.raises(UsageError, match="is not in an audience of this report"):
        chosen(found, ["eve@example.org"])


def test_the_edition_of_an_audience_has_a_mark_of_its_own() -> None:
    found = audience(edition="auditor", tlp="TLP:GREEN")
    marks = {"": "TLP:RED", "auditor": "TLP:GREEN"}
    (one,) = recipients(found, "board", marks=marks, folder=Path())
    assert (one.cut, one.told_as) == ("auditor", "auditor")
    with pytest.raises(HeldError, match="no edition 'auditor', which audience board gets"):
        recipients(found, "board", marks={"": "TLP:GREEN"}, folder=Path())
