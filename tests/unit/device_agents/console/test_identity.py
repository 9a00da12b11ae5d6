import pytest

from device_agents.console import print_away, print_identity
from latency_service.contract.device import DeviceDescription, DeviceState, RuntimeStatus


def describe(**runtimes: RuntimeStatus) -> DeviceDescription:
    return DeviceDescription(
        operating_system="Debian",
        architecture="x",
        cpu_model="a CPU",
        logical_cores=1,
        memory_bytes=1,
        runtimes=runtimes,
    )


STATE = DeviceState(facts={"kernel": "6.1", "cpu_governor": None, "cpu_flags": "avx", "gpu0.name": "[A100]"})


def test_an_identity_is_printed_by_group(capsys: pytest.CaptureFixture[str]) -> None:
    print_identity("board", describe(), STATE)
    printed = capsys.readouterr().out
    order = [printed.index(text) for text in ("board: a CPU, Debian", STATE.fingerprint, "avx", "[A100]", "6.1")]
    assert order == sorted(order)


def test_what_the_device_hides_is_listed_and_not_invented(capsys: pytest.CaptureFixture[str]) -> None:
    print_identity("board", describe(), STATE)
    assert "not shown or not there: cpu_governor" in capsys.readouterr().out


def test_a_runtime_says_why_it_or_its_backend_does_not_work(capsys: pytest.CaptureFixture[str]) -> None:
    works = RuntimeStatus(available=True, version="1.0", backends={"cpu": None, "cuda": "no GPU"})
    print_identity("board", describe(one=works, other=RuntimeStatus(available=False, reason="no module [x]")), STATE)
    printed = capsys.readouterr().out
    assert "works, 1.0" in printed
    assert "no GPU" in printed
    assert "no module [x]" in printed


def test_a_device_that_is_away_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_away("phone", "unplugged")
    assert capsys.readouterr().out == "phone is away: unplugged\n"
