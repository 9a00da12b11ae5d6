import json
import stat
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from latency_service.cli import app
from latency_service.commands.key_files import SCOPES, key_file
from latency_service.contract.api_keys import parse_api_key, read_api_key
from latency_service.contract.errors import Unauthorized
from latency_service.database import Database
from latency_service.services import access


def keys(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def listed(database_url: str) -> list[dict[str, object]]:
    result = keys("list", "--database", database_url, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)["keys"]
    return found


def recognised_scope(database_url: str, key: str) -> str:
    database = Database(database_url)
    try:
        return database.read(partial(access.recognise, text=key)).scope
    finally:
        database.close()


def test_create_prints_the_key_and_nothing_else_on_stdout(database_url: str) -> None:
    result = keys("create", "--name", "lab", "--scope", "agent", "--device", "board-*", "--database", database_url)
    assert result.exit_code == 0, result.output
    assert recognised_scope(database_url, result.stdout.strip()) == "agent"
    (key,) = listed(database_url)
    assert (key["name"], key["devices"]) == ("lab", ["board-*"])
    assert "key" not in key


def test_the_list_is_readable_and_says_what_was_revoked(database_url: str) -> None:
    keys("create", "--name", "lab", "--scope", "reader", "--database", database_url)
    (key,) = listed(database_url)
    assert keys("revoke", str(key["key_id"]), "--database", database_url).exit_code == 0
    shown = keys("list", "--database", database_url).stdout
    assert str(key["key_id"]) in shown
    assert listed(database_url)[0]["revoked_at"] is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "--name", "x", "--scope", "reader", "--device", "b"), "devices are for keys of scope agent"),
        (("create", "--name", "x", "--scope", "agent", "--device", "b;"), "--device"),
        (("create", "--name", "", "--scope", "agent"), "--name"),
        (("revoke", "nobody"), "keys list"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    database = f"sqlite:///{tmp_path / 'latency.db'}"
    CliRunner().invoke(app, ["migrate", "--database", database])
    result = keys(*arguments, "--database", database)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_a_first_start_leaves_one_key_file_a_scope(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    result = keys("bootstrap", "--folder", str(folder), "--database", database_url)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    for scope in SCOPES:
        file = key_file(folder, scope)
        assert recognised_scope(database_url, read_api_key(file)) == scope
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{scope}.key" for scope in SCOPES)


def test_a_group_may_be_let_read_the_files(database_url: str, tmp_path: Path) -> None:
    keys("bootstrap", "--folder", str(tmp_path / "keys"), "--group-readable", "--database", database_url)
    assert stat.S_IMODE(key_file(tmp_path / "keys", "agent").stat().st_mode) == 0o640


def test_a_later_start_changes_nothing(database_url: str, tmp_path: Path) -> None:
    arguments = ("bootstrap", "--folder", str(tmp_path / "keys"), "--database", database_url)
    keys(*arguments)
    before = [key_file(tmp_path / "keys", scope).read_text() for scope in SCOPES]
    result = keys(*arguments)
    assert (result.exit_code, "there already" in result.stderr) == (0, True)
    assert [key_file(tmp_path / "keys", scope).read_text() for scope in SCOPES] == before
    assert len(listed(database_url)) == len(SCOPES)


@pytest.mark.parametrize("left", [None, "nonsense", "plk_" + "0" * 12 + "_" + "0" * 64])
def test_a_key_that_got_lost_is_replaced_and_the_others_stay(
    database_url: str, tmp_path: Path, left: str | None
) -> None:
    arguments = ("bootstrap", "--folder", str(tmp_path / "keys"), "--database", database_url)
    keys(*arguments)
    before = {scope: key_file(tmp_path / "keys", scope).read_text() for scope in SCOPES}
    file = key_file(tmp_path / "keys", "agent")
    file.unlink()
    if left is not None:
        file.write_text(left)
    result = keys(*arguments)
    assert (result.exit_code, "a new key for agent" in result.stderr) == (0, True)
    after = {scope: key_file(tmp_path / "keys", scope).read_text() for scope in SCOPES}
    assert {scope for scope in SCOPES if after[scope] != before[scope]} == {"agent"}
    assert recognised_scope(database_url, read_api_key(file)) == "agent"


def test_a_key_that_was_revoked_is_replaced_at_the_next_start(database_url: str, tmp_path: Path) -> None:
    arguments = ("bootstrap", "--folder", str(tmp_path / "keys"), "--database", database_url)
    keys(*arguments)
    file = key_file(tmp_path / "keys", "reader")
    old = read_api_key(file)
    assert keys("revoke", parse_api_key(old).key_id, "--database", database_url).exit_code == 0
    assert keys(*arguments).exit_code == 0
    assert recognised_scope(database_url, read_api_key(file)) == "reader"
    with pytest.raises(Unauthorized):
        recognised_scope(database_url, old)


def test_a_file_that_holds_the_key_of_another_scope_is_replaced(database_url: str, tmp_path: Path) -> None:
    arguments = ("bootstrap", "--folder", str(tmp_path / "keys"), "--database", database_url)
    keys(*arguments)
    admin, reader = (key_file(tmp_path / "keys", scope) for scope in ("admin", "reader"))
    reader.write_text(admin.read_text())
    assert keys(*arguments).exit_code == 0
    assert recognised_scope(database_url, read_api_key(reader)) == "reader"


def test_files_of_a_start_that_failed_are_written_anew(database_url: str, tmp_path: Path) -> None:
    file = key_file(tmp_path, "agent")
    file.write_text("plk_" + "0" * 12 + "_" + "0" * 64)
    assert keys("bootstrap", "--folder", str(tmp_path), "--database", database_url).exit_code == 0
    assert recognised_scope(database_url, read_api_key(file)) == "agent"
