import shutil
from pathlib import Path

import pytest

from search_client.data.dataset import DataSetUnavailable
from search_client.data.debian import fetch_debian_package


def install(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_a_package_is_downloaded_and_unpacked_in_the_given_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "apt-get", 'echo "$@" > asked; echo content > "$2"_1.0_all.deb')
    install(tmp_path, "dpkg-deb", 'mkdir "$3"; cp "$2" "$3"/file')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    into = tmp_path / "into"
    into.mkdir()
    assert (fetch_debian_package("some-data", into) / "file").read_text() == "content\n"
    assert (into / "asked").read_text() == "download some-data\n"


def test_what_apt_says_went_wrong_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "apt-get", "echo E: Unable to locate package >&2; exit 100")
    install(tmp_path, "dpkg-deb", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(DataSetUnavailable, match="Unable to locate package"):
        fetch_debian_package("some-data", tmp_path)


def test_another_system_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("apt-get") is None
    with pytest.raises(DataSetUnavailable, match="not installed"):
        fetch_debian_package("some-data", tmp_path)
