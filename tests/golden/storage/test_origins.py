"""From which bits of a block items come: for every scheme the same as reading it."""

import numpy as np
import pytest
from macsmith.golden import storage
from macsmith.golden.storage import Mapped

PARTS = {
    f"{name}: {part.name}": part
    for name in storage.names()
    if isinstance(scheme := storage.lookup(name), Mapped)
    for part in scheme.parts
}


@pytest.mark.parametrize("name", PARTS)
def test_origins_say_what_reading_does(name, rng):
    """But for constants that are added: those are taken from what was read, modulo the width."""
    map_ = PARTS[name].map
    data = rng.integers(0, 256, (40, map_.size), np.uint8)
    found = {array: np.zeros((40, items), np.int64) for array, (items, _) in map_.arrays.items()}
    for place in map_.places:
        origin = place.origin
        if not place.copy:
            mine = found[place.array][:, place.first : place.first + place.items]
            mine |= origin.values(data) << place.low
            assert origin.bits.shape[0] == place.items
    read = map_.unpack(data)
    for array, (_, width) in map_.arrays.items():
        constant = dict(map_.add).get(array, 0)
        if not map_.carries or not constant:
            want = (read[array].astype(np.int64) - constant) % (1 << width)
            np.testing.assert_array_equal(found[array], want)
