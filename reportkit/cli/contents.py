"""What 'reportkit --help' lists, in the order in which somebody meets it, and an example of each command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer import Typer

#: Every command in one line, by what somebody is about to do.
CONTENTS: dict[str, dict[str, str]] = {
    "Begin": {
        "demo": "try it: a fictional company, and its board report",
        "init": "make a workspace of your own",
        "doctor": "see whether all is in place",
        "config": "check the configuration; its schema for an editor",
    },
    "Data": {
        "inspect": "what a file is and holds, without loading it",
        "guess": "write a first mapping: which column is which",
        "load": "load a file into a table",
        "rejected": "rows that were refused, and why",
        "sources": "the sources that reportkit.toml names",
        "pull": "load from these sources",
        "tables": "the tables, and the columns of one",
        "formats": "formats and mappings that come along",
        "log": "what was loaded, and when",
        "describe": "how full a table is, its days and gaps",
        "export": "a table as CSV or XLSX",
        "prune": "remove copies of old files",
    },
    "Measure": {
        "measures": "what can be measured; explain one",
        "measure": "compute one, whole or split",
        "quant": "how bad a year can be, from a file of scenarios",
        "seedmap": "which report answers which question",
        "clocks": "deadlines for notices to regulators",
    },
    "Report": {
        "run": "make a report, or many",
        "status": "reports and their state",
        "runs": "all runs, failed ones too",
        "show": "one run: inputs, checks, files",
        "new": "write a report of your own",
        "check": "look a notebook over before it is kept",
        "preview": "a report in the browser, again at each save",
        "lab": "JupyterLab on the workspace",
        "theme": "logo, colours, paper, fonts",
    },
    "Tell": {
        "close": "what a quarter still lacks, by owner",
        "release": "let a run pass a check that holds it",
        "approve": "approve the final files of a run",
        "revoke": "take an approval back",
        "publish": "its figures become what was told",
        "mail": "look at the message before it goes",
        "send": "send it to its audience",
        "resend": "send one more copy to somebody",
        "deliveries": "who got what, and when",
        "due": "run and send what is due by the calendar",
        "schedule": "coming runs; files for systemd, cron, GitHub",
    },
    "Look back": {
        "restatements": "told figures that read differently today",
        "diff": "what changed between two quarters",
        "errata": "put right what was told",
        "verify": "prove that nothing was changed",
        "bundle": "a pack for an auditor",
        "reproduce": "make a report again, byte by byte",
        "backup": "copy the workspace",
        "restore": "get it back",
        "rebuild": "make a lost ledger again",
    },
}

#: What somebody types, by command; the reference shows the same.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "demo": ("demo", "demo big --units 40 --no-run"),
    "init": ("init acme",),
    "doctor": ("doctor", "doctor --quick --json"),
    "config check": ("config check",),
    "config schema": ("config schema", "config schema mapping"),
    "inspect": ("inspect scan.nessus", "inspect 'exports/*.csv.gz' --mapping tracker"),
    "guess": ("guess tracker.xlsx --out mappings/tracker.toml", "guess tracker.csv --table findings"),
    "load": ("load findings scan.nessus --complete", "load findings tracker.csv --mapping tracker", "load findings 'exports/*.csv.gz' --observed 2026-09-30"),
    "rejected": ("rejected findings", "rejected findings mend.csv"),
    "sources": ("sources",),
    "pull": ("pull", "pull register --dry-run"),
    "tables": ("tables", "tables findings"),
    "formats": ("formats",),
    "log": ("log", "log findings --json"),
    "describe": ("describe findings",),
    "export": ("export findings open.xlsx --period 2026-Q3",),
    "prune": ("prune --before 2025-01-01 --dry-run",),
    "measures": ("measures", "measures V06"),
    "measure": ("measure V06 --by severity", "measure V04 --period 2026-Q2 --known-by 2026-10-05"),
    "quant": ("quant scenarios.csv --appetite 1m:10%,10m:1% --balance-sheet 250m",),
    "seedmap": ("seedmap", "seedmap --check"),
    "clocks": ("clocks", "clocks --copy"),
    "run": ("run board", "run board --period 2026-Q3 --formats html,pdf,pptx", "run unit --units all", "run --all --periods 2026-Q2,2026-Q3"),
    "status": ("status", "status --all"),
    "runs": ("runs",),
    "show": ("show board/2026-Q3",),
    "new report": ("new report shop --title 'Weaknesses of the shop'", "new report board --like board"),
    "check": ("check", "check notebooks/shop.ipynb"),
    "preview": ("preview shop --period 2026-Q3",),
    "lab": ("lab", "lab --no-browser --port 8899"),
    "theme": ("theme", "theme --copy", "theme --template list"),
    "close": ("close 2026-Q3 --report board",),
    "release": ("release board/2026-Q3 --gate fresh --reason 'The catalogue is monthly' --by 'Ada Lind'",),
    "approve": ("approve board 2026-Q3 --by 'Ada Lind'",),
    "revoke": ("revoke board 2026-Q3 --by 'Ada Lind'",),
    "publish": ("publish board 2026-Q3",),
    "mail": ("mail board", "mail board --period 2026-Q3 --preview --open"),
    "send": ("send board 2026-Q3 --dry-run", "send board 2026-Q3"),
    "resend": ("resend board 2026-Q3 --to chair@example.org",),
    "deliveries": ("deliveries --period 2026-Q3",),
    "due": ("due --dry-run", "due --every 1h"),
    "schedule": ("schedule --next 8",),
    "schedule install": ("schedule install --systemd --out timers",),
    "restatements": ("restatements board 2026-Q2", "restatements board 2026-Q2 --rows V04"),
    "diff": ("diff board 2026-Q2 2026-Q3",),
    "errata": ("errata board 2026-Q2 --load 3f9a1c --reason 'The scan was cut' --approver 'Ada Lind' --publish",),
    "verify": ("verify", "verify board/2026-Q3", "verify pack.zip --signer auditor.pem"),
    "bundle": ("bundle board/2026-Q3 pack.zip --with-extracts",),
    "reproduce": ("reproduce pack.zip", "reproduce board/2026-Q3"),
    "backup": ("backup /backups/2026-10-12.zip",),
    "restore": ("restore /backups/2026-10-12.zip acme-again",),
    "rebuild": ("rebuild",),
}  # fmt: skip


class Contents(TyperGroup):
    """The group of all commands: its help lists them by what somebody is about to do."""

    def format_commands(self, _: Any, formatter: Any) -> None:
        """Write the sections of the help."""
        for title, commands in CONTENTS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()), col_max=14)


def illustrate(app: Typer, before: str = "") -> None:
    """Put examples below the help of each command."""
    for info in app.registered_commands:
        info.epilog = _epilog(f"{before}{info.name}")
    for group in app.registered_groups:
        inner = group.typer_instance
        if inner is not None:
            name = str(group.name or inner.info.name)
            group.epilog = _epilog(f"{before}{name}")
            illustrate(inner, f"{before}{name} ")


def _epilog(name: str) -> str | None:
    lines = EXAMPLES.get(name)
    if lines is None:
        return None
    # The sign keeps the lines from being filled up.
    return "\n".join(("\b", "Examples:", *(f"  reportkit {line}" for line in lines)))
