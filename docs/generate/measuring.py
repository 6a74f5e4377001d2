"""The page of the measures."""

from __future__ import annotations

from generate.markdown import table


def measures() -> str:
    """Give the page of the measures."""
    from reportkit.catalogue import FAMILIES, described
    from reportkit.measures import definitions

    known = [described(words) for words in definitions().values()]
    lines = [
        "# Measures",
        "",
        f"{len(known)} measures. A value is never shown without its definition, its day and its source; what cannot be computed is not",
        "measured, and says why. `reportkit measures V06` shows an entry, `reportkit measure V06 --period 2026-Q3 --by severity` computes it.",
        "Limits are defaults until `thresholds` says otherwise. Measures of people leave out cells of fewer than five.",
    ]
    for letter, family in FAMILIES.items():
        own = [said for said in known if said["id"].startswith(letter)]
        lines += ["", f"## {family}"] if own else []
        for said in own:
            lines += ["", f"### {said['id']} {said['name']}", "", said["definition"], ""]
            facts = [
                (title, said[name])
                for title, name in (
                    ("Why", "why"), ("Used for", "use"), ("Clock", "clock"), ("Unit", "unit"), ("Direction", "direction"), ("Limits", "limits"),
                    ("Tables", "needs"), ("Columns", "fields"), ("Split by", "split by"), ("Kind", "kind"), ("Source", "source"), ("Version", "version"),
                )
                if said[name]
            ]  # fmt: skip
            lines += table(("", ""), facts)
    return "\n".join(lines) + "\n"
