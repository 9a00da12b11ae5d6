"""Debian: fetch one package with the user's own apt and its settings, and unpack it; nothing is installed or run."""

import shutil
from pathlib import Path

from search_client.data.dataset import DataSetUnavailable
from search_client.data.package_client import run_client


def fetch_debian_package(package: str, into: Path) -> Path:
    """Download a package, and return the folder that holds its files as they would lie below `/`.

    Args:
        package: Its name.
        into: An empty folder.

    Raises:
        DataSetUnavailable: This is no Debian, or apt could not fetch the package.
    """
    apt, dpkg = shutil.which("apt-get"), shutil.which("dpkg-deb")
    if apt is None or dpkg is None:
        raise DataSetUnavailable(f"apt-get and dpkg-deb, which would fetch {package}, are not installed")
    run_client([apt, "download", package], package, into)
    unpacked = into / "unpacked"
    run_client([dpkg, "--extract", str(next(into.glob("*.deb"))), str(unpacked)], package, into)
    return unpacked
