import json
from pathlib import Path

import pytest

from device_agents.config import load_settings
from latency_service.contract.errors import InvalidInput

PHONE = {"serial": "R5CT", "name": "galaxy", "benchmark_model": "/opt/benchmark_model"}


KEY = "plk_0123456789ab_" + "f" * 64


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVICE_AGENT_RUNTIMES", "onnxruntime, tflite")
    settings = load_settings(None, {"cores": "0,1"})
    assert settings.runtimes == ("onnxruntime", "tflite")
    assert settings.cores == (0, 1)


def test_tables_in_the_environment_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVICE_AGENT_PHONES", json.dumps([PHONE]))
    assert load_settings(None, {}).phones[0].serial == "R5CT"


def test_an_empty_list_in_the_environment_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVICE_AGENT_CORES", "")
    assert load_settings(None, {}).cores == ()


def test_without_any_setting_the_agent_is_called_like_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "_my host!")
    assert load_settings(None, {}).name == "my-host-"


def test_a_host_takes_the_jobs_of_its_own_runtimes_and_not_of_its_phones() -> None:
    runtimes = load_settings(None, {}).runtimes
    assert set(runtimes) >= {"onnxruntime", "tflite", "torch"}
    assert "adb" not in runtimes


def test_the_hosts_runtimes_are_told_of_providers_delegates_and_gpu() -> None:
    flags = {"providers": {"openvino": {"provider": "X"}}, "delegates": {"edgetpu": {"path": "/lib/x.so"}}}
    told = load_settings(None, flags | {"cuda_device": 1}).runtime_settings
    assert told.cuda_device == 1
    assert told.providers["openvino"].provider == "X"
    assert told.delegates["edgetpu"].path == Path("/lib/x.so")


def test_an_agent_may_serve_phones_alone() -> None:
    assert load_settings(None, {"host": False, "phones": [PHONE]}).phones


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"name": "galaxy", "phones": [PHONE]}, "the same name: galaxy"),
        ({"phones": [PHONE, {**PHONE, "name": "other"}]}, "the same serial: R5CT"),
    ],
)
def test_two_devices_that_would_be_taken_for_one_are_refused(flags: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_settings(None, flags)


def test_a_phone_may_be_called_like_the_host_that_is_not_measured() -> None:
    assert load_settings(None, {"host": False, "name": "galaxy", "phones": [PHONE]}).phones


def test_what_is_owed_to_one_server_or_device_is_kept_apart_from_all_others(tmp_path: Path) -> None:
    def folder(server: str, device: str) -> Path:
        return load_settings(None, {"server": server, "state_dir": tmp_path}).device_dir(device)

    folders = {
        folder("http://here:1", "pixel"),
        folder("http://here:2", "pixel"),
        folder("http://[::1]:1", "pixel"),
        folder("http://here:1/staging", "pixel"),
        folder("http://here:1", "galaxy"),
    }
    assert len(folders) == 5
    assert all(path.relative_to(tmp_path).parts[0] in ("pixel", "galaxy") for path in folders)
    assert folder("http://here:1", "pixel") == folder("http://HERE:1/", "pixel")


def test_an_agent_has_no_key_its_own_or_that_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(None, {}).api_key() is None
    file = tmp_path / "agent.key"
    file.write_text(KEY + "\n")
    assert load_settings(None, {"key_file": file}).api_key() == KEY
    monkeypatch.setenv("DEVICE_AGENT_KEY", KEY)
    assert load_settings(None, {}).api_key() == KEY
    with pytest.raises(InvalidInput, match="twice"):
        load_settings(None, {"key_file": file}).api_key()


def test_a_key_is_not_shown_by_what_shows_settings_or_finds_them_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEVICE_AGENT_KEY", KEY)
    settings = load_settings(None, {})
    assert KEY not in f"{settings} {settings!r} {settings.model_dump_json()}"
    monkeypatch.delenv("DEVICE_AGENT_KEY")
    file = tmp_path / "agent.toml"
    file.write_text(f'key = ["{KEY}"]')
    with pytest.raises(InvalidInput, match="key: ") as raised:
        load_settings(file, {})
    assert KEY not in str(raised.value)


def test_a_child_measures_a_whole_default_lease_together_and_the_agent_itself_fewer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load_settings(None, {})
    assert settings.jobs_together == settings.max_jobs
    assert load_settings(None, {"isolation": "none"}).jobs_together == 16
    monkeypatch.setenv("DEVICE_AGENT_TOGETHER", "192")
    assert load_settings(None, {"isolation": "none"}).jobs_together == 192
