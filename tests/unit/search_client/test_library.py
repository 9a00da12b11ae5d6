"""What `import search_client` offers to somebody's own supernet: the page's snippet is run as it stands there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch

import search_client
from latency_service.contract.errors import MissingEntries
from latency_service.contract.ops import MBConv, OpSpec
from tests.loopback import QuietHandler, handling
from tests.unit.search_client.fake_service import FakeService
from tests.unit.search_client.small_space import entry, made_up_ms, snapshot

PAGE = Path(__file__).parents[3] / "docs" / "library.md"
OPS: list[OpSpec] = [
    MBConv(
        input_height=16,
        input_width=16,
        in_channels=32,
        out_channels=32,
        kernel_size=kernel_size,
        stride=1,
        expand_ratio=3,
        has_skip=True,
    )
    for kernel_size in (3, 5, 7)
]


@contextmanager
def served(ops: list[OpSpec]) -> Iterator[str]:
    """Serve a table of these ops on loopback; yield the URL."""
    fake = FakeService(snapshot(*(entry(op, made_up_ms(op)) for op in ops)))

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            answer = fake(httpx.Request("GET", f"http://{self.headers['host']}{self.path}"))
            self.send_response(answer.status_code)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

    with handling(Handler) as url:
        yield url


def run_snippet(url: str) -> dict[str, Any]:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    snippet = found[1]
    assert "http://127.0.0.1:8000" in snippet
    names: dict[str, Any] = {}
    exec(snippet.replace("http://127.0.0.1:8000", url), names)
    return names


def test_the_pages_snippet_gives_alpha_the_gradient_of_its_latency() -> None:
    with served(OPS) as url:
        names = run_snippet(url)
    latencies = torch.tensor([made_up_ms(op) for op in OPS])
    assert float(names["loss"].detach()) == pytest.approx(2.0 + 0.1 * float(latencies.mean()))
    # The softmax of equal logits: dE/dalpha_i = (F_i - E) / 3.
    torch.testing.assert_close(names["alpha"].grad, 0.1 * (latencies - latencies.mean()) / 3)


def test_an_op_that_the_table_lacks_stops_the_snippet_with_its_key() -> None:
    with served(OPS[:-1]) as url, pytest.raises(MissingEntries) as raised:
        run_snippet(url)
    (missing,) = raised.value.extra["missing"]
    assert "k7" in missing


def test_a_table_on_the_cpu_weighs_probabilities_of_another_type() -> None:
    path_probs = torch.full((2,), 0.5, dtype=torch.float16)
    expected = search_client.expected_latency_ms(path_probs, torch.tensor([1.0, 2.0], dtype=torch.float64))
    assert expected.dtype == torch.float16
    assert float(expected) == 1.5


def test_everything_that_the_library_offers_is_there() -> None:
    assert all(getattr(search_client, name).__name__ == name for name in search_client.__all__)
    with pytest.raises(AttributeError, match="no attribute 'LatencyTabel'"):
        search_client.__getattr__("LatencyTabel")


def test_importing_the_library_does_not_load_torch() -> None:
    program = "import sys, search_client; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
