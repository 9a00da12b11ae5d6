from collections.abc import Iterator

import pytest
import respx
import stamina

from tests.unit.search_client.commands.calls import SPACE
from tests.unit.search_client.fake_service import URL, FakeService
from tests.unit.search_client.small_space import table_of


@pytest.fixture(autouse=True)
def _without_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


@pytest.fixture
def service() -> Iterator[FakeService]:
    fake = FakeService(table_of(SPACE).snapshot)
    with respx.mock(base_url=URL, assert_all_called=False) as router:
        router.route().mock(side_effect=fake)
        yield fake
