"""Writes the reference from the definitions that the product itself runs on; a module for each kind of thing told."""

from __future__ import annotations

from collections.abc import Callable

from generate import commands, data, gallery, measuring, notebooks, runs, settings

#: Each page below docs/, and what gives it.
PAGES: dict[str, Callable[[], str]] = {
    "reference/measures.md": measuring.measures,
    "reference/tables.md": data.tables,
    "reference/formats.md": data.formats,
    "reference/mappings.md": data.mappings,
    "reference/notebooks.md": notebooks.notebooks,
    "reference/commands.md": commands.commands,
    "reference/configuration.md": settings.configuration,
    "reference/exporters.md": notebooks.exporters,
    "reference/charts.md": gallery.charts,
    "reference/gates.md": runs.gates,
    "reference/manifest.md": runs.manifest,
    "reference/manifest.schema.json": settings.manifest_schema,
    "reference/reportkit.schema.json": lambda: settings.schema("configuration"),
    "reference/mapping.schema.json": lambda: settings.schema("mapping"),
}
