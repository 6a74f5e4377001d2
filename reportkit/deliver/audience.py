"""Who gets a report: members of the configuration and of CSV files, the addresses of a unit; checked before anything is sent."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reportkit.distribution import MARKS, Audience, Member
from reportkit.errors import ConfigError, DataError, HeldError, UsageError, nearest

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_COLUMNS = ("address", "name", "role", "edition", "formats")


@dataclass(frozen=True)
class Recipient:
    """One person, as addressed.

    Attributes:
        address: normalised; its domain in the letters of its own language.
        envelope: what servers are given: the domain in ASCII, the part before it as it is.
        edition: ``full`` or ``summary``.
        formats: what is attached.
        encrypt: ``never``, ``where possible`` or ``required``.
        cut: the edition of the report that the audience gets; empty for the whole report.
    """

    address: str
    envelope: str
    name: str = ""
    role: str = ""
    edition: str = "full"
    formats: tuple[str, ...] = ("pdf",)
    encrypt: str = "never"
    audience: str = ""
    cut: str = ""

    @property
    def told_as(self) -> str:
        """What the record of deliveries says was sent: ``full``, ``summary``, or the edition of an audience."""
        short = ", summary" if self.edition == "summary" else ""
        return f"{self.cut}{short}" if self.cut else self.edition

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values for the outbox."""
        return asdict(self) | {"formats": list(self.formats)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipient:
        """Read it back."""
        return cls(**{**values, "formats": tuple(values["formats"])})


def recipients(
    audiences: Mapping[str, Audience],
    report: str,
    *,
    marks: Mapping[str, str],
    folder: Path,
    unit: str = "",
    unit_addresses: Sequence[str] = (),
) -> list[Recipient]:
    """Give everybody who gets a report, each address once.

    Args:
        audiences: of the configuration.
        report: its name.
        marks: TLP mark of each of its editions by name, that of the whole report under the empty name.
        folder: the workspace; CSV files lie in it.
        unit: the business unit reported on; empty for the whole firm.
        unit_addresses: of that unit in the table ``units``.

    Raises:
        ConfigError: an address that is none, or outside of its audience's domains; no audience for this report.
        DataError: a CSV file that cannot be read.
        HeldError: the mark does not allow an audience, or the run has not the edition that it gets.
    """
    wanted = {n: a for n, a in audiences.items() if report in a.reports and (a.units or not unit)}
    if not wanted:
        part = " with units = true" if unit else ""
        raise ConfigError(
            f"No audience{part} gets the report {report}; add [audiences.NAME] with reports = ['{report}'], domains and members."
        )
    found: dict[str, Recipient] = {}
    for name, audience in wanted.items():
        members = (
            [Member(address=address) for address in unit_addresses]
            if unit
            else [*audience.members, *_file(folder, name, audience)]
        )
        for recipient in _checked(name, audience, members):
            found.setdefault(_same(recipient.address), recipient)
        if audience.edition not in marks:
            raise HeldError(
                f"The run has no edition {audience.edition!r}, which audience {name} gets; nothing was sent. "
                f"Run the report again with [editions.{audience.edition}] and have it approved."
            )
        _allow(name, audience, marks[audience.edition], members)
    if not found:
        where = f"unit {unit} has no addresses in the table units" if unit else f"{' and '.join(wanted)} has no members"  # fmt: skip
        raise ConfigError(f"Nobody gets the report {report}: {where}.")
    return list(found.values())


def chosen(found: Sequence[Recipient], addresses: Sequence[str]) -> list[Recipient]:
    """Give those among the recipients who are named by address.

    Raises:
        UsageError: one is not among them.
    """
    by_address = {_same(one.address): one for one in found}
    missing = [text for text in addresses if _same(normal(text, "--to")[0]) not in by_address]
    if missing:
        raise UsageError(
            f"--to {missing[0]!r} is not in an audience of this report; {nearest(missing[0], [o.address for o in found])}"
        )
    return [by_address[_same(normal(text, "--to")[0])] for text in dict.fromkeys(addresses)]


def normal(address: str, where: str) -> tuple[str, str]:
    """Give an address in its normal form, and as servers are given it.

    Raises:
        ConfigError: it is no address.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        if _CONTROL.search(address):
            raise EmailNotValidError("it holds a control character")  # noqa: TRY301 - one sentence for both
        read = validate_email(
            address.strip(), check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError as error:
        said = str(error).rstrip(".")
        raise ConfigError(f"{where}: {_shown(address)} is not a mail address ({said[:1].lower()}{said[1:]}).") from None  # fmt: skip
    return read.normalized, read.ascii_email or f"{read.local_part}@{read.ascii_domain}"


def _checked(name: str, audience: Audience, members: Iterable[Member]) -> Iterable[Recipient]:
    where = f"Audience {name}"
    allowed = {_ascii(domain, where) for domain in audience.domains}
    for member in members:
        address, envelope = normal(member.address, where)
        if envelope.rpartition("@")[2].lower() not in allowed:
            raise ConfigError(
                f"{where}: {address} is outside of its domains ({', '.join(audience.domains)}); nothing was sent to anybody."
            )
        if _CONTROL.search(member.name):
            raise ConfigError(f"{where}: the name {_shown(member.name)} holds a control character.")
        formats = member.formats if member.edition == "full" else ()
        yield Recipient(
            address, envelope, member.name.strip(), member.role, member.edition, formats, audience.encrypt, name, audience.edition,
        )  # fmt: skip


def _allow(name: str, audience: Audience, mark: str, members: Sequence[Member]) -> None:
    if MARKS.index(mark) > MARKS.index(audience.tlp):
        raise HeldError(
            f"The report is {mark}, and audience {name} may receive up to {audience.tlp}; nothing was sent. "
            "Raise tlp of the audience, or take the report out of it."
        )
    nameless = [member.address for member in members if not member.name.strip()]
    if mark == "TLP:RED" and nameless:
        raise HeldError(
            f"A {mark} report goes to named people only; in audience {name} these have no name: {', '.join(nameless)}."
        )


def _file(folder: Path, name: str, audience: Audience) -> list[Member]:
    if not audience.file:
        return []
    path = folder / audience.file
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"Audience {name}: {path} cannot be read ({error}); save it as CSV in UTF-8.") from None  # fmt: skip
    first = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ",")  # fmt: skip
    heads = [head.strip().lower() for head in rows.fieldnames or ()]
    unknown = [head for head in heads if head not in _COLUMNS]
    if "address" not in heads or unknown:
        said = f"column {unknown[0]!r} is not known" if unknown else "column 'address' is missing"
        raise DataError(f"Audience {name}: {path}: {said}; allowed: {', '.join(_COLUMNS)}.")
    rows.fieldnames = heads
    found = []
    for number, row in enumerate(rows, 2):
        values: dict[str, Any] = {key: (row[key] or "").strip() for key in heads if (row[key] or "").strip()}  # fmt: skip
        if not values:
            continue
        if "formats" in values:
            values["formats"] = tuple(re.split(r"[\s,|+]+", values["formats"].lower()))
        try:
            found.append(Member(**values))
        except ValidationError as error:
            item = error.errors()[0]
            column = item["loc"][0]
            given = "" if item["type"] == "missing" else f" = {values.get(str(column))!r}"
            raise DataError(f"Audience {name}: {path}, row {number}, column {column}{given}: {item['msg'].lower()}.") from None  # fmt: skip
    return found


def _ascii(domain: str, where: str) -> str:
    return normal(f"x@{domain}", where)[1].rpartition("@")[2].lower()


def _same(address: str) -> str:
    return address.casefold()


def _shown(text: str) -> str:
    return repr(text[:80])
