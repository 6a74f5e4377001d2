"""What is wrong in a TOML file is told with the line on which a person reads it, and with what may stand there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportkit import config, mistakes
from reportkit.errors import ConfigError
from reportkit.sources import mapping

TEXT = '''\
# a comment
[organisation]
name = """
Two
lines"""

# about the currency
currency = "EUR"

[editions.auditor]
redact = [
  { columns = ["a"] },
  { pattern = "b" },
]

[[schedule]]
report = "board"

[[schedule]]
report = "risk"
when = "every monday"
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("organisation",), 2),
        (("organisation", "name"), 3),
        (("organisation", "currency"), 8),
        (("organisation", "missing"), 2),
        (("editions", "auditor", "redact", 1, "pattern"), 11),
        (("schedule", 0, "report"), 17),
        (("schedule", 1, "report"), 20),
        (("schedule", 1, "when"), 21),
        (("nothing",), 0),
        ((), 0),
    ],
)
def test_a_key_is_found_on_its_line(place: tuple[str | int, ...], line: int) -> None:
    assert mistakes.line(TEXT, place) == line


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["", "# note", "a", "long", "table"]), min_size=1, max_size=30))
def test_every_key_of_any_file_is_found(kinds: list[str]) -> None:
    lines: list[str] = []
    known: list[tuple[tuple[str, ...], int]] = []
    head: tuple[str, ...] = ()
    for number, kind in enumerate(kinds):
        name = f"k{number}"
        if kind == "table":
            head = (name,)
            known.append((head, len(lines) + 1))
            lines.append(f"[{name}]")
        elif kind == "long":
            known.append(((*head, name), len(lines) + 1))
            lines += [f"{name} = [", "  1,", "", "  2,", "]"]
        elif kind == "a":
            known.append(((*head, name), len(lines) + 1))
            lines.append(f'{name} = "x"')
        else:
            lines.append(kind)
    text = "\n".join(lines) + "\n"
    assert [(place, mistakes.line(text, place)) for place, _ in known] == known


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[limits]\ncell_seconds = "5m"', "line 2: limits.cell_seconds = '5m': it takes a number such as 0.5, without a unit"),
        ("[limits]\n\nmemory_mb = 1.5", "line 3: limits.memory_mb = 1.5: it takes a whole number"),
        ('[freshness]\nfindings = "14 days"', "line 2: freshness.findings = '14 days': it takes a whole number such as 14, without a unit"),
        ("[organisation]\nfiscal_year_start = 13", "line 2: organisation.fiscal_year_start = 13: it must be at most 12"),
        ('[organisation]\ncurrency = "euro"', "line 2: organisation.currency = 'euro': write three capital letters such as 'EUR' (ISO 4217)"),
        ('[report]\napproval = "perhaps"', "line 2: report.approval = 'perhaps': it takes true or false"),
        ('[mail]\ntransport = "smpt"', "line 2: mail.transport = 'smpt': did you mean 'smtp'?"),
        ('[mail]\nrecipients = "a@b"', "line 2: mail.recipients = 'a@b': it takes a list such as"),
        ("limits = 3", "line 1: limits = 3: it takes a table with keys of its own"),
        ('[sources.dw]\nkind = "postgre"', "line 2: sources.dw.kind = 'postgre': did you mean 'postgresql'?"),
        ('[sources.dw]\nkind = "file"\ntable = "findings"', "line 1: sources.dw.path is missing"),
        ('[sources.r]\nkind = "rest"\nurl = "x"\ntable = "findings"\nauth = { kind = "bearer", token = "env:T", wurd = "x" }', "line 5: unknown key sources.r.auth.wurd; did you mean 'word'?"),
        ('[[schedule]]\nreport = "board"\nwhen = "someday"', "line 3: schedule.0.when: 'someday' is not understood"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_configuration(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / config.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        config.read(tmp_path)
    (fault,) = error.value.faults
    assert said in fault
    assert fault in error.value.message


def test_what_may_be_a_secret_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / config.FILE).write_text('[mail.smtp]\npassword = 4711\n[mail.graph]\noauth2 = "s3cret"\n')  # fmt: skip
    with pytest.raises(ConfigError) as error:
        config.read(tmp_path)
    assert "4711" not in error.value.message


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ('titel = "x"\nseverty = "y"', ("line 4: findings has no column 'titel'", "line 5: findings has no column 'severty'")),
        ('title = { from = "x", decimal = ";" }', ("line 4: columns.title.decimal = ';': allowed: '.' or ','",)),
        ('title = { from = "x", times = "x" }', ("line 4: columns.title.times = 'x': it takes a number such as 0.01",)),
        ('title = { cases = [{ if = { A = "b" }, thn = "c", then = "d" }] }', ("unknown key columns.title.cases.0.thn; did you mean 'then'",)),
    ],
)  # fmt: skip
def test_a_mistake_in_a_mapping(tmp_path: Path, columns: str, said: tuple[str, ...]) -> None:
    path = tmp_path / "m.toml"
    path.write_text(f'[source]\ntable = "findings"\n[columns]\n{columns}\n', encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        mapping.read(path)
    assert len(error.value.faults) == len(said)
    assert all(part in fault for part, fault in zip(said, error.value.faults, strict=True))
