from pathlib import Path

import httpx
import pytest
import respx

from latency_service.contract.errors import InvalidInput
from search_client.commands.connection import connected
from tests.unit.search_client.commands.calls import ON_DEVICE, call
from tests.unit.search_client.fake_service import URL, problem

KEY = "plk_0123456789ab_" + "f" * 64


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "reader.key"
    file.write_text(KEY + "\n")
    return file


def sent_key(server: str, key_file: Path | None) -> str | None:
    with respx.mock, connected(server, key_file) as client:
        route = respx.get(f"{server}/v1/devices").mock(return_value=httpx.Response(200, json={"devices": []}))
        client.devices()
        sent: str | None = route.calls.last.request.headers.get("authorization")
        return sent


def test_without_a_key_none_is_sent() -> None:
    assert sent_key("https://latency.test", None) is None


def test_the_key_is_that_of_the_file_or_of_the_environment(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent_key("https://latency.test", key_file) == f"Bearer {KEY}"
    monkeypatch.setenv("LATENCY_KEY", KEY)
    assert sent_key("https://latency.test", None) == f"Bearer {KEY}"
    with pytest.raises(InvalidInput, match="twice"):
        connected("https://latency.test", key_file)


@pytest.mark.parametrize(
    ("server", "warned"),
    [("http://latency.test", True), ("https://latency.test", False), ("http://127.0.0.1:1", False)],
)
def test_whoever_sends_a_key_in_the_open_is_warned(
    server: str, warned: bool, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connected(server, key_file).close()
    told = capsys.readouterr().err
    assert ("use https" in told) == warned
    assert KEY not in told


def test_a_key_that_is_refused_is_told_in_one_line(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENCY_KEY_FILE", str(key_file))
    with respx.mock(base_url=URL) as router:
        router.route().mock(return_value=problem(401, "unauthorized", "this API key is unknown or revoked"))
        result = call("predict", *ON_DEVICE, "--network", "mobilenet-v2")
    assert result.exit_code == 1
    assert "error: this API key is unknown or revoked" in result.stderr
    assert KEY not in result.output
