"""The quantum of a format is as coarse as its values allow: hardware counts in it."""

import numpy as np
import pytest
from macsmith.golden import formats, lookup

#: Families' members that no catalogue lists, beside those that one does.
MORE = ("apot1x3", "apot2x1", "apot2x3", "apot3x2", "khot1x3", "khot2x2", "khot3x2", "e3m3b5_ieee")


@pytest.mark.parametrize("name", [*(n for n in formats.names() if lookup(n).bits in range(1, 9)),
                                  *MORE])  # fmt: skip
def test_some_value_is_an_odd_number_of_quanta(name):
    """Of some table, where there are several."""
    fmt = lookup(name)
    tables = [fmt.integers(fmt.legal, table) for table in range(1 << fmt.select_width)]
    assert any((np.asarray(values) % 2 == 1).any() for values in tables)
    assert min(values.min() for values in tables) == min(fmt.low, 0 if fmt.has_nan else fmt.low)
    assert max(values.max() for values in tables) == fmt.high
