import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from latency_service.cli import app

DATA = Path(__file__).parents[3] / "data"
TOLD = ("--format", "proxylessnas-yaml", "--device", "pixel1", "--runtime", "tflite", "--source", "a paper")


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--database", url], env={"COLUMNS": "250"})


def test_a_file_goes_in_and_comes_out_again(database_url: str, tmp_path: Path) -> None:
    imported = run(database_url, "import", str(DATA / "proxylessnas.yaml"), *TOLD, "--condition", "threads=4", "--json")
    assert imported.exit_code == 0, imported.stderr
    report = json.loads(imported.stdout)
    assert (report["new"], report["conditions"]["threads"]) == (6, 4)
    for out, chosen in (("a.csv", ("--device", "pixel1")), ("b.yaml", ("--table", report["table_id"]))):
        format_options = ("--format", "proxylessnas-yaml") if out == "b.yaml" else ()
        exported = run(database_url, "export", "--out", str(tmp_path / out), *chosen, *format_options)
        assert exported.exit_code == 0, exported.stderr
    again = run(database_url, "import", str(tmp_path / "a.csv"), "--json")
    assert json.loads(again.stdout)["snapshot_id"] == report["snapshot_id"]
    assert "mean: 9.1724518" in (tmp_path / "b.yaml").read_text()


def test_refused_rows_are_listed_and_nothing_is_imported(database_url: str) -> None:
    result = run(database_url, "import", str(DATA / "proxylessnas_faulty.yaml"), *TOLD)
    assert result.exit_code == 1
    assert "mean is -6.1: nothing takes less than no time" in result.stdout
    assert "nothing was imported" in result.stderr
    assert "no device is called" in run(database_url, "devices", "show", "pixel1").stderr


def test_a_dry_run_changes_nothing(database_url: str) -> None:
    result = run(database_url, "import", str(DATA / "proxylessnas.yaml"), *TOLD, "--dry-run")
    assert result.exit_code == 0
    assert "6 new" in result.stdout
    assert "nothing was written" in result.stdout
    assert "no device is called" in run(database_url, "devices", "show", "pixel1").stderr


def test_a_file_without_a_row_is_refused_dry_or_not(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("workload,latency_ms\n")
    for more in ((), ("--dry-run",)):
        result = run(database_url, "import", str(tmp_path / "a.csv"), *TOLD[2:], *more)
        assert result.exit_code == 1
        assert "no row that can be an entry" in result.stderr


def test_a_file_whose_name_is_no_unicode_is_imported(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff.csv")
    file.write_text("workload,latency_ms\nv1-identity-8x8x4,1.5\n")
    assert run(database_url, "import", str(file), *TOLD[2:]).exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--device", "pixel1", "--runtime", "tflite"), "give --source"),
        (("--source", "x", "--runtime", "tflite"), "give --device"),
        (("--source", "x", "--device", "pixel1"), "give --runtime"),
        (("--condition", "threads=4"), "needs --runtime"),
        (("--runtime", "tflite", "--condition", "threads=many"), "--condition threads"),
        (("--activation", "Conv"), "is not NAME=VALUE"),
        (("--activation", "Pool=relu"), "no layer is a 'Pool'"),
        (("--activation", "Conv=swish"), "--activation Conv"),
    ],
)
def test_what_cannot_be_known_or_right_is_said(database_url: str, options: tuple[str, ...], said: str) -> None:
    arguments = ("import", str(DATA / "proxylessnas.yaml"), "--format", "proxylessnas-yaml", *options)
    result = run(database_url, *arguments)
    assert result.exit_code == 1
    assert said in result.stderr


def test_what_a_format_cannot_say_is_listed_and_left_out_only_on_request(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("workload,latency_ms\nv1-identity-8x8x4,1.5\nv1-classifier-7x7x1280-out10,2.5\n")
    told = ("--device", "pixel1", "--runtime", "tflite", "--source", "a paper")
    assert run(database_url, "import", str(tmp_path / "a.csv"), *told).exit_code == 0
    arguments = ("export", "--device", "pixel1", "--format", "proxylessnas-yaml", "--out", "-")
    refused = run(database_url, *arguments)
    assert refused.exit_code == 1
    assert "v1-identity-8x8x4: the format has no such layer" in refused.stderr
    taken = run(database_url, *arguments, "--skip-inexpressible")
    assert taken.exit_code == 0
    assert "Logits-input:7x7x1280-output:10" in taken.stdout
    assert "left out: v1-identity-8x8x4" in taken.stderr


def test_an_export_overwrites_no_file_and_wants_one_snapshot(database_url: str, tmp_path: Path) -> None:
    assert run(database_url, "import", str(DATA / "proxylessnas.yaml"), *TOLD).exit_code == 0
    (tmp_path / "a.csv").write_text("mine")
    refused = run(database_url, "export", "--device", "pixel1", "--out", str(tmp_path / "a.csv"))
    assert refused.exit_code == 1
    assert "is there already" in refused.stderr
    assert (tmp_path / "a.csv").read_text() == "mine"
    assert "one of --snapshot" in run(database_url, "export", "--out", str(tmp_path / "b.csv")).stderr
