import numpy as np
import pytest
from numpy.typing import DTypeLike

from device_agents.graphs.quantization import scale_of_range
from device_agents.runtimes.stored_maps import floats, integers

IMAGES = np.linspace(-1, 1, 12, dtype=np.float32).reshape(1, 3, 2, 2)


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 0), (np.float16, 1e-3)])
def test_floats_come_back_as_float32(dtype: DTypeLike, error: float) -> None:
    maps = floats(dtype)
    stored = maps.store(IMAGES)
    assert stored.dtype == maps.dtype == dtype
    assert maps.restore(stored).dtype == np.float32
    np.testing.assert_allclose(maps.restore(stored), IMAGES, atol=error)


def test_images_go_in_by_the_sources_steps_and_outputs_come_out_by_the_targets() -> None:
    source, target = scale_of_range(-0.5, 0.5).unsigned(), scale_of_range(0, 10).unsigned()
    maps = integers(source, target)
    assert maps.dtype == maps.store(IMAGES).dtype == np.uint8
    assert (maps.store(IMAGES).min(), maps.store(IMAGES).max()) == (0, 255)
    np.testing.assert_allclose(maps.restore(np.array([0, 255], np.uint8)), [0, 10], rtol=1e-5)
