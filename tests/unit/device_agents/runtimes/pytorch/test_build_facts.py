import pytest
import torch

from device_agents.runtimes.pytorch.build_facts import build_facts


def test_a_build_is_told_by_short_facts() -> None:
    facts = build_facts()
    assert facts["runtime_version"] == torch.__version__
    assert facts["cpu_capability"] == torch.backends.cpu.get_cpu_capability()
    assert facts["parallel_backend"] in ("OpenMP", "native thread pool")
    assert all("\n" not in str(fact) for fact in facts.values())


def test_mkldnn_that_is_switched_off_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert build_facts()["mkldnn"] is None


def test_what_the_build_does_not_tell_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.__config__, "show", lambda: "PyTorch built by hand")
    assert build_facts()["blas"] is None
