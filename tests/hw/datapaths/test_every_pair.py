"""Every product of every pair of formats that a datapath serves: all pairs of codes."""

from itertools import islice, product
from random import Random

import numpy as np
import pytest
from macsmith.golden import lookup
from macsmith.golden.formats import names
from macsmith.hw.datapaths import KINDS
from pipelines import wrong_when_settled

SMALL = [fmt for name in names() if 0 < (fmt := lookup(name)).bits <= 8]

#: Pairs of each datapath that are not slow.
SOME = 40


def served(name):
    """All pairs, in an order of chance."""
    pairs = list(product(SMALL, SMALL))
    Random(1).shuffle(pairs)
    return (pair for pair in pairs if KINDS[name].serves(*pair))


def bad(name, pairs):
    """The pairs of which products are wrong, and how many."""
    found = {}
    for pair in pairs:
        words = [side.reshape(-1) for side in np.meshgrid(*map(everything, pair))]
        found[pair] = wrong_when_settled(KINDS[name](*pair, lanes=1), words)
    assert len(found) >= SOME
    return {f"{w.name} × {a.name}": count for (w, a), count in found.items() if count}


def everything(fmt):
    """Words with every code and every table."""
    tables, codes = np.meshgrid(*(np.arange(1 << n) for n in (fmt.select_width, fmt.bits)))
    return (codes | tables << 64 - max(fmt.select_width, 1)).reshape(-1).astype(np.uint64)


@pytest.mark.often(6)
@pytest.mark.parametrize("name", KINDS)
def test_some_products_are_right(name):
    assert bad(name, islice(served(name), SOME)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_all_products_are_right(name):
    assert bad(name, served(name)) == {}
