"""What the commands' tests call, and how."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from search_client.cli import app
from search_client.spaces.registry import make_space
from tests.unit.search_client.fake_service import URL

WIDTH = "width_mult=0.1"
SPACE = make_space("proxyless-cifar", width_mult=0.1)
ON_DEVICE = ("--device", "board", "--runtime", "onnxruntime", "--server", URL)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def answer_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer
