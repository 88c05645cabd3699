"""Every datapath against integers: single products for all codes, dot products at their bounds."""

import numpy as np
import pytest
from amaranth.hdl import Module, Signal
from macsmith.golden import DesignError, lookup
from macsmith.golden.bounds import Range
from macsmith.golden.description.engine import DATAPATHS
from macsmith.golden.formats import names
from macsmith.hw.datapaths import KINDS, choose
from macsmith.hw.scale.timing import delayed
from macsmith.sim.sweep import Sweep

SMALL = [fmt for name in names() if 0 < (fmt := lookup(name)).bits <= 8]
SPECIAL = [name for name in KINDS if name != "multiply"]


def served(name):
    return [(w, a) for w in SMALL for a in SMALL if KINDS[name].serves(w, a)]


def build(datapaths):
    """Datapaths side by side, fed as an array feeds them, their results at the same time."""
    m = Module()
    enable, inputs = Signal(name="enable"), (Signal(64, name="w"), Signal(64, name="a"))
    latest = max(datapath.latency for datapath in datapaths.values())
    outputs = {}
    for name, datapath in datapaths.items():
        m.submodules[name] = dot = datapath.component()
        m.d.comb += dot.enable.eq(enable)
        for port, form, codes in zip(
            (dot.weight, dot.activation), datapath.forms, inputs, strict=True
        ):
            for lane, cycles in enumerate(form.delays):
                code = codes.word_select(lane, form.format.bits)
                late = delayed(m, enable, code, cycles, f"{name}_{lane}")
                m.d.comb += port[lane].eq(form.made(m, late, name, f"{id(port)}_{lane}"))
        waits = latest - datapath.latency
        outputs[name] = delayed(m, enable, dot.o.as_value(), waits, f"{name}_late")
    return Sweep(m, *inputs, outputs, enable=enable, latency=latest)


def values(words, bounds: Range):
    """Two's complement words as integers."""
    found = sum(words[:, i].astype(np.int64) << 32 * i for i in range(words.shape[1]))
    found &= (1 << bounds.width) - 1
    return np.where(
        bounds.signed & (found >> bounds.width - 1 > 0), found - (1 << bounds.width), found
    )


def uniform(bits):
    """Words (n,) for both sides whose lanes all hold one code: every pair of codes."""
    pattern = sum(1 << place for place in range(0, 64 - bits + 1, bits))
    sides = np.meshgrid(*[np.arange(1 << bits, dtype=np.uint64) * np.uint64(pattern)] * 2)
    return [side.reshape(-1) for side in sides]


def lanes_of(words, fmt, lanes):
    """The codes (n, lanes) in words, lane 0 in the low bits."""
    shifts = np.arange(lanes, dtype=np.uint64) * np.uint64(fmt.bits)
    return words[:, None] >> shifts & np.uint64((1 << fmt.bits) - 1)


def wrong(datapaths, words, seed=1):
    """How many results of each datapath are wrong; ``words`` (n,) of both sides."""
    named = {f"d{index}": datapath for index, datapath in enumerate(datapaths)}
    found, result = build(named).run(*words, seed=seed), {}
    for key, path in named.items():
        formats = path.weight, path.activation
        codes = [lanes_of(w, f, path.lanes) for w, f in zip(words, formats, strict=True)]
        legal = np.logical_and(*(
            np.isin(c, np.array(f.legal)).all(axis=1) for c, f in zip(codes, formats, strict=True)
        ))  # fmt: skip
        sides = [
            f.integers(c[legal].astype(np.int64)).astype(np.int64)
            for c, f in zip(codes, formats, strict=True)
        ]
        assert legal.sum() >= 64 or path.lanes == 1
        result[path] = (values(found[key], path.range)[legal] != (sides[0] * sides[1]).sum(1)).sum()
    return [(path, int(count)) for path, count in result.items() if count]


@pytest.mark.parametrize("name", SPECIAL)
def test_single_products_are_right_for_all_codes(name):
    pairs = served(name)
    bits = max(fmt.bits for pair in pairs for fmt in pair)
    assert wrong([KINDS[name](*pair, 1) for pair in pairs], uniform(bits)) == []


@pytest.mark.parametrize(
    "lanes", [2, 3, 5, *(pytest.param(n, marks=pytest.mark.slow) for n in (4, 7, 8, 9, 16))]
)
@pytest.mark.parametrize("name", SPECIAL)
def test_dot_products_are_right_for_any_number_of_lanes(name, lanes):
    """Random codes, and all lanes alike: so both bounds are reached, and every sum of equals."""
    pairs = [pair for pair in served(name) if lanes * max(fmt.bits for fmt in pair) <= 64]
    datapaths = [
        KINDS[name](*pairs[(3 * lanes + pipeline) % len(pairs)], lanes, pipeline)
        for pipeline in (1, 2, 3)
    ]
    rng = np.random.default_rng(lanes)
    words = [rng.integers(0, 1 << 64, 4000, np.uint64) for _ in range(2)]
    for bits in {fmt.bits for path in datapaths for fmt in (path.weight, path.activation)}:
        words = [np.concatenate(parts) for parts in zip(words, uniform(bits), strict=True)]
    assert wrong(datapaths, words) == []


def test_auto_takes_the_cheapest_that_serves():
    e2m1, int4 = lookup("e2m1"), lookup("int4")
    assert choose("auto", e2m1, e2m1).name == "minifloat"
    assert choose("auto", e2m1, int4).name == "multiply"
    assert choose("multiply", e2m1, e2m1).name == "multiply"
    assert choose("minifloat", lookup("one"), e2m1).name == "multiply", "zero points"


def test_a_pair_that_is_not_served_is_refused():
    text = "minifloat does not serve e2m1 × int4; these do: auto, multiply"
    with pytest.raises(DesignError, match=text):
        choose("minifloat", lookup("e2m1"), lookup("int4"))


def test_every_datapath_has_its_name():
    assert set(DATAPATHS) == {"auto", *KINDS}
