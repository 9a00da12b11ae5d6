from importlib.metadata import version

from device_agents.environment.software import settings_facts, software_facts
from device_agents.runtimes.settings import NOTHING_SET, ProviderSettings, RuntimeSettings


def test_a_package_is_a_fact_with_its_version_and_its_build() -> None:
    fact = software_facts()["package.onnxruntime"]
    assert isinstance(fact, str)
    released, *tags = fact.split()
    assert released == version("onnxruntime")
    assert any("cp3" in tag for tag in tags)


def test_a_package_that_is_not_installed_is_none() -> None:
    assert software_facts()["package.onnxruntime-qnn"] is None


def test_another_option_of_a_provider_is_another_fact() -> None:
    def facts(streams: str) -> dict[str, object]:
        provider = ProviderSettings(provider="OpenVINOExecutionProvider", options={"num_streams": streams})
        return dict(settings_facts(RuntimeSettings(providers={"openvino": provider})))

    assert facts("1") != facts("2")
    assert "OpenVINOExecutionProvider" in str(facts("1")["provider.openvino"])
    assert settings_facts(NOTHING_SET) == {}


def test_another_gpu_is_another_fact() -> None:
    assert settings_facts(RuntimeSettings(cuda_device=1)) == {"cuda_device": 1}
