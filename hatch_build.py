"""The build hook of wheels and sdists: bundles the scripts of pages from npm packages, where npm is there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUNDLE = ("editor.bundle.js", "engine.bundle.js", "oxigraph.wasm", "bundle-licences.txt")
_COMMANDS = (
    ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"),
    ("npm", "run", "--silent", "build"),
)


class BundleHook(BuildHookInterface[Any]):
    """Bundles the scripts that a distribution has; an editable install has them when `make bundle` made them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the bundle if it is missing. Without npm, the SPARQL page of the distribution is a plain text area."""
        root = Path(self.root)
        static = root / "kg" / "server" / "pages" / "static"
        if version == "editable" or all((static / name).is_file() for name in _BUNDLE):
            return
        npm = shutil.which("npm")
        if npm is None or not (root / "web" / "package-lock.json").is_file():
            self.app.display_warning("npm is not installed: this distribution has no SPARQL editor and no engine.")
            return
        for _, *arguments in _COMMANDS:
            subprocess.run([npm, *arguments], cwd=root / "web", check=True)  # noqa: S603 - the commands above
