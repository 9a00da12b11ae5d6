import pytest
from typer.testing import CliRunner

from device_agents.cli import app

OP = "v1-classifier-7x7x64-out10"
TOOL = ("--benchmark-model", __file__)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--runtime is missing"),
        (("--runtime", "torch", "--condition", "mode"), "--condition takes NAME=VALUE"),
        (("--runtime", "torch", "--condition", "colour=red"), "no condition is called colour; known are runtime"),
        (("--runtime", "torch", "--condition", "mode=fast"), "mode: Input should be"),
        (("--runtime", "torch", "--condition", "runtime=abacus"), "no runtime is called 'abacus'"),
        (("--runtime", "torch", "--phone", "R58", *TOOL), "a phone is measured with the runtime adb"),
        (("--runtime", "adb"), "with --phone"),
        (("--runtime", "torch", *TOOL), "add --phone"),
        (("--runtime", "torch", "--taskset-mask", "f0"), "add --phone"),
        (("--phone", "R58", *TOOL, "--taskset-mask", "0x70"), "taskset_mask: String should match pattern"),
    ],
)
def test_what_cannot_be_measured_as_asked_is_refused_before_anything_runs(
    arguments: tuple[str, ...], message: str
) -> None:
    done = CliRunner().invoke(app, ["measure", OP, *arguments])
    assert done.exit_code == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_condition_may_name_the_runtime() -> None:
    done = CliRunner().invoke(app, ["measure", OP, "--condition", "runtime=adb"])
    assert "with --phone" in done.stderr
