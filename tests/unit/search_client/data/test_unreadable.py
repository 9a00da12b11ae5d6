import logging

import pytest

from search_client.data.unreadable import UnreadableImages


def test_every_skip_is_counted_and_every_image_named_once(caplog: pytest.LogCaptureFixture) -> None:
    unreadable = UnreadableImages()
    with caplog.at_level(logging.WARNING):
        unreadable.note(["a.jpg is cut off", "b.jpg is no image"])
        unreadable.note(["a.jpg is cut off"])
    assert unreadable.skipped == 3
    assert [record.getMessage() for record in caplog.records] == [
        "a.jpg is cut off; skipped, as were 0 before it",
        "b.jpg is no image; skipped, as were 1 before it",
    ]
