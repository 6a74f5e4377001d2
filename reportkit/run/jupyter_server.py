"""The report's formats in the export menu of JupyterLab, as an extension of its server.

The menu lists every exporter that is installed, yet the server's own address for an export takes names of letters,
digits and underscores only: one with a hyphen would be offered and then not found. The package's installation turns
this on for every Jupyter server of the environment, ``reportkit lab`` for its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.base.handlers import path_regex
from jupyter_server.nbconvert.handlers import NbconvertFileHandler, NbconvertPostHandler
from jupyter_server.utils import url_path_join

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

_NAME = r"/nbconvert/(?P<format>reportkit-\w+)"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Answer exports to the report's formats as the server answers those to its own."""
    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(
        ".*$",
        [
            (url_path_join(base, _NAME), NbconvertPostHandler),
            (url_path_join(base, _NAME + path_regex), NbconvertFileHandler),
        ],
    )
