from pathlib import Path

from device_agents.host.files import HostFiles


def test_what_is_absent_is_none(tmp_path: Path) -> None:
    files = HostFiles(tmp_path)
    assert files.text("proc/none") is None
    assert files.number("proc/none") is None
    assert files.fields("proc/none") == {}
    assert files.listing("proc/*") == []


def test_text_numbers_and_fields_are_read(tmp_path: Path) -> None:
    (tmp_path / "n").write_text(" -42\n")
    (tmp_path / "word").write_text("ondemand\n")
    (tmp_path / "fields").write_text('a\t: 1\nb : "x: y"\nno separator\na : 2\n')
    (tmp_path / "empty").write_text("\n")
    files = HostFiles(tmp_path)
    assert files.number("n") == -42
    assert files.number("word") is None
    assert files.text("word") == "ondemand"
    assert files.text("empty") is None
    assert files.fields("fields") == {"a": "1", "b": "x: y"}


def test_paths_are_listed_below_the_root(tmp_path: Path) -> None:
    for name in ("b1", "b0"):
        (tmp_path / "a" / name).mkdir(parents=True)
    assert HostFiles(tmp_path).listing("a/b*") == ["a/b0", "a/b1"]
