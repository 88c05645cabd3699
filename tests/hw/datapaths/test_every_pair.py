"""Every product of every pair of formats that a datapath serves: all pairs of codes."""

import numpy as np
import pytest
from macsmith.golden import lookup
from macsmith.golden.formats import names
from macsmith.hw.datapaths import KINDS
from pipelines import wrong_when_settled

SMALL = [fmt for name in names() if 0 < (fmt := lookup(name)).bits <= 8]

#: Of those that are not slow, one in so many pairs.
EVERY = 211


def bad(name, pairs):
    found = []
    for pair in pairs:
        if KINDS[name].serves(*pair):
            words = [side.reshape(-1) for side in np.meshgrid(*map(everything, pair))]
            if count := wrong_when_settled(KINDS[name](*pair, 1), words):
                found.append((*(fmt.name for fmt in pair), count))
    return found


def everything(fmt):
    """Words with every code and every table."""
    tables, codes = np.meshgrid(*(np.arange(1 << n) for n in (fmt.select_width, fmt.bits)))
    return (codes | tables << 64 - max(fmt.select_width, 1)).reshape(-1).astype(np.uint64)


@pytest.mark.parametrize("name", KINDS)
def test_some_products_are_right(name):
    assert bad(name, [(w, a) for w in SMALL for a in SMALL][::EVERY]) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_all_products_are_right(name):
    assert bad(name, [(w, a) for w in SMALL for a in SMALL]) == []
