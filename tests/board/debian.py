"""Debian packages of another architecture, unpacked into a folder; the host's own package database is left alone."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.board.commands import CannotEmulate, run


def unpack_packages(names: Sequence[str], architecture: str, sysroot: Path, scratch: Path) -> None:
    """Unpack packages, and all that they depend on, from where the host's apt gets its own.

    Args:
        names: The packages.
        architecture: As Debian has it.
        sysroot: Where to.
        scratch: An empty folder for apt's lists and archives.

    Raises:
        CannotEmulate: They cannot be fetched.
    """
    for archive in _download(names, architecture, scratch):
        run("dpkg-deb", "-x", str(archive), str(sysroot))
    _choose_alternatives(sysroot)


def _download(names: Sequence[str], architecture: str, scratch: Path) -> list[Path]:
    """Let apt find and fetch the packages for a machine on which nothing is installed yet."""
    (scratch / "lists/partial").mkdir(parents=True)
    (scratch / "archives/partial").mkdir(parents=True)
    (scratch / "status").touch()
    options = {
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "Dir::State": scratch,
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch,
    }
    apt = ["apt-get", "-qq", *(f"--option={name}={value}" for name, value in options.items())]
    with suppress(CannotEmulate):  # a mirror that is just being updated fails here, and may yet have all we need
        run(*apt, "update")
    run(*apt, "install", "--download-only", "--yes", "--no-install-recommends", *names)
    return sorted((scratch / "archives").glob("*.deb"))


def _choose_alternatives(sysroot: Path) -> None:
    """Link the BLAS that numpy asks for, which update-alternatives would do on a board."""
    for library in sysroot.glob("usr/lib/*/*/lib*.so.3"):
        if library.parent.name in ("blas", "lapack"):
            (library.parent.parent / library.name).symlink_to(library.relative_to(library.parent.parent))
