import pytest

from latency_service.contract.loopback import is_loopback, travels_in_the_open


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", "localhost.example.org", ""])
def test_anything_else_is_another_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "in_the_open"),
    [
        ("http://latency.example.org:8000", True),
        ("http://192.168.1.7", True),
        ("http://[fd00::7]:8000", True),
        ("https://latency.example.org", False),
        ("http://127.0.0.1:8000/", False),
        ("http://[::1]:8000", False),
        ("http://service:8000", False),
    ],
)
def test_only_https_loopback_and_neighbours_are_private(url: str, in_the_open: bool) -> None:
    assert travels_in_the_open(url) == in_the_open
