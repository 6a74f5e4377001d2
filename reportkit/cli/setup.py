"""``reportkit init``: a new workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from reportkit.cli import screen
from reportkit.errors import UsageError, from_os

FOLDERS = {
    "data": "exports and spreadsheets to load",
    "mappings": "TOML files that say which column of a spreadsheet is which",
    "commentary": "the author's words for a quarter, as 2026-Q3/board.md",
}
#: Made by its own function, which also knows what is in it.
_EXPLORE = {"explore": "notebooks to learn from; open them with 'reportkit lab'"}
_IGNORED = """\
# Made from what is loaded; large, and made again by loading.
store/
runs/
outbox/
preview/
.reportkit/
*.db
*.db-*
# Who holds it can tell who is behind a pseudonym.
*.key
# Exports may hold what must not be shared.
data/
"""
_NOTES = {
    "organisation": "Who reports, in which money, time and calendar.",
    "report": "What stands on the cover and in every header.",
    "finance": "What Finance sets.",
    "limits": "How long a run may take, in seconds, and how much memory its kernel may use.",
    "mail": "Who sends, and how; 'recipients' are those of the message that is written beside each report.",
    "approval": "Who must approve before a report goes out; list them as [[approval.approvers]] with name = '...'.",
    "due": "How 'reportkit due' works: it runs what [[schedule]] asks for, sends what is approved, and tells owners.",
    "store": "Where loaded rows lie, and whether a copy of each file is kept as it came.",
    "engine": "Where measures are computed.",
    "ledger": "Where is kept what was told: in this folder, or in a PostgreSQL database that several desks share.",
    "measures": "Measures of your own.",
    "slides": "What presentations are made on.",
    "privacy": "What names a person and is stored as a pseudonym; destroying pseudonym.key is the erasure.",
}
_KEYS = {
    "currency": "ISO 4217",
    "timezone": "decides on which day an instant falls",
    "fiscal_year_start": "month in which the fiscal year begins, 1 to 12",
    "jurisdiction": "whose public holidays count, ISO 3166",
    "discount_rate": "what money a year from now is worth less, as a share; business cases are discounted with it",
    "horizon_years": "how many years a business case looks ahead",
    "case_budget": "money for the options that are asked for in a quarter, over the horizon and in today's money",
    "balance_sheet": "what the firm can lose at most; estimates that imply more are named",
    "url": "leave it empty for this folder and this process",
    "options": "of the connection, such as { endpoint = 'https://...', region = 'eu-west-1' }",
    "locale": "how numbers, money and dates are written: en, en-US, de-DE, fr-FR and others; sentences are English",
    "classification": "TLP:CLEAR, TLP:GREEN, TLP:AMBER, TLP:AMBER+STRICT or TLP:RED, or a mark of your own under labels",
    "labels": "marks of your own, and the mark of the Traffic Light Protocol each is handled as",
    "shared": "many reports at once read the data once; false where what one unit's report holds in memory must be its own",
    "master": "a .pptx or .potx of the company, whose layouts, colours and fonts are taken",
    "raw": "the file itself, beside its rows; never of a table that names people",
    "approval": "publish only what 'reportkit approve' approved",
    "fiscal_year_named": "after the calendar year in which it ends or in which it starts",
    "fiscal_weeks": "4-4-5, 4-5-4 or 5-4-4 for a year of whole weeks; empty for months",
    "fiscal_year_ends": "for a year of whole weeks: 'last saturday' or 'nearest saturday', or another weekday",
    "transport": "folder, smtp or graph",
    "folder": "where messages are written without a server",
    "size_limit_mb": "the larger part is left out above it, and named",
    "retries": "after a temporary refusal",
    "required": "how many different people",
    "expires_days": "how long an approval holds",
    "four_eyes": "whoever ran the report or last changed what it rests on cannot approve it",
    "owners": "addresses that are told of what is overdue, held, failed or unsent",
    "stale_days": "what is later than this is told as missed, and not run by itself",
    "attempts": "when the cause is temporary",
    "heartbeat": "a mail a day that says that somebody watches",
    "metrics_file": "an OpenMetrics text file for monitors",
    "modules": "files of this folder that end in .py, or installed modules",
    "columns": "more columns than the marked ones, as table.column",
}
_TAIL = """\
# How many days older than the quarter's end the newest load of a table may be; after that its measures are not measured:
# [freshness]
# findings = 14

# When a report runs, and who gets it (docs/delivery.md):
# [[schedule]]
# report = "board"
# when = "5th business day after quarter end at 07:00"
# holidays = "DE-BE"
# [audiences.board]
# reports = ["board"]
# domains = ["example.org"]
# members = [{ address = "chair@example.org", name = "Chair of the board" }]

# Who answers for a measure, by its id:
# [owners]
# V04 = "Head of Infrastructure"
"""


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder; it is made when it does not exist.")
    ] = Path(),
) -> None:
    """Make a workspace: configuration and folders."""
    from reportkit.cli.lab import explore

    create(folder)
    explore(folder)
    where = screen.short(folder)
    screen.say(screen.styled(f"Workspace {where}", "strong"))
    rows = [("reportkit.toml", "name, currency, calendar and limits: edit it first")]
    screen.table(rows + [(f"{name}/", words) for name, words in (FOLDERS | _EXPLORE).items()])
    option = "" if where == "." else f" -w {where}"
    screen.say(f"Next: reportkit load findings FILE{option}")


def create(folder: Path, settings: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Make a workspace.

    Args:
        folder: made when it does not exist.
        settings: values other than the defaults, by section and key.

    Raises:
        UsageError: it is a workspace already; nothing is changed then.
        TemporaryError: the folder cannot be written.
    """
    from reportkit import schemas
    from reportkit.config import FILE

    if (folder / FILE).exists():
        raise UsageError(
            f"{folder / FILE} exists; this is a workspace already and was left as it is."
        )
    try:
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text(_IGNORED, encoding="utf-8")
        schemas.save(folder)
        (folder / FILE).write_text(configuration(settings or {}), encoding="utf-8")
    except OSError as error:
        raise from_os(error, f"Making the workspace {folder}") from error


def configuration(settings: Mapping[str, Mapping[str, Any]]) -> str:
    """Write ``reportkit.toml`` with every key, its default or the value given, and what it means."""
    from reportkit import schemas
    from reportkit.config import Settings

    lines = [
        schemas.LINE.format(path=f"{schemas.FOLDER}/reportkit.json"),
        "# Configuration of this workspace; every key may be left out and then has the value shown here.",
    ]
    for section, note in _NOTES.items():
        defaults = getattr(Settings(), section).model_dump(mode="json")
        lines += ["", f"# {note}", f"[{section}]"]
        for key, default in defaults.items():
            if default is None or key == "approvers":
                # Sections of their own, which nobody needs to begin with.
                continue
            value = settings.get(section, {}).get(key, default)
            words = f"  # {_KEYS[key]}" if key in _KEYS else ""
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}{words}")
    owners = settings.get("owners")
    if owners:
        lines += ["", "# Who answers for a measure, by its id.", "[owners]"]
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in owners.items()
        ]
    else:
        lines += ["", _TAIL.rstrip()]
    return "\n".join(lines) + "\n"
