"""The space has every format once; wrong words are told with the close ones."""

from itertools import product

import pytest
from macsmith.golden.errors import DesignError, UnknownName
from macsmith.golden.formats import lookup
from macsmith.studies.exploring.space import SCHEMES, choices, elements


def test_a_width_has_its_integer_and_every_split():
    assert elements(4) == ["int4", "e1m2", "e2m1", "e3m0"]
    for bits in range(3, 9):
        found = elements(bits)
        assert len(found) == bits and all(lookup(name).bits == bits for name in found)


def test_every_combination_stands_once():
    found = list(choices([3, 4], ["itself", "int4"], ["row", "e8m0-32"]))
    expected = {
        (weight, weight if activation == "itself" else activation, scheme)
        for weight, activation, scheme in product(
            elements(3) + elements(4), ["itself", "int4"], ["row", "e8m0-32"]
        )
    }
    assert len(found) == len(expected) == 26  # int4 meets itself and int4: once
    assert {(c.weight, c.activation, c.scheme) for c in found} == expected


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        (([2], ["itself"], ["row"]), DesignError, "3 to 8 bits are explored, got 2"),
        (([4], ["int99"], ["row"]), UnknownName, "int99"),
        (([4], ["itself"], ["rows"]), UnknownName, "unknown scheme 'rows'; close ones: row"),
    ],
)
def test_what_is_wrong_is_told(words, kind, message):
    with pytest.raises(kind, match=message):
        list(choices(*words))


def test_schemes_are_options_of_a_design():
    found = list(choices([4], ["int8"], ["fp16-64"]))
    assert [choice.weight for choice in found] == ["int4", "e1m2", "e2m1", "e3m0"]
    choice = found[0]
    options = choice.options((2, 3, 4), 128, "dsp")
    assert (options.rows, options.cols, options.lanes, options.k_max) == (2, 3, 4, 128)
    assert (options.group, options.scale, options.activation_scale) == (64, "fp16", "fp32")
    assert options.activation_group is None and options.policy == "dsp"
    assert all(scheme.about for scheme in SCHEMES.values())
