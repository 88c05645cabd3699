"""Datapaths as pipelines of two words of codes, and which of their sums are wrong."""

import numpy as np
from amaranth.hdl import Cat, Const, Module, Signal
from feeding import part_of, whole
from macsmith.golden.bounds import Range
from macsmith.hw.arith.product import FlaggedLayout, flag_names
from macsmith.hw.arith.timing import delayed
from macsmith.sim.sweep import Sweep
from settled import Settled

#: Pipelines that are compiled as one: the compiler's time grows faster than their number.
TOGETHER = 8


def build(datapaths):
    """Datapaths side by side, fed as an array feeds them, their results at the same time."""
    m = Module()
    enable, inputs = Signal(name="enable"), (Signal(64, name="w"), Signal(64, name="a"))
    latest = max(datapath.latency for datapath in datapaths.values())
    outputs = {}
    for name, datapath in datapaths.items():
        parts = [
            part_of(m, enable, inputs, f"{name}_{part}", datapath, Const(part, 8))
            for part in range(datapath.cycles)
        ]
        total = Signal(FlaggedLayout(whole(datapath), datapath.flags), name=f"{name}_whole")
        m.d.comb += total.value.eq(sum(part.value for part in parts))
        for flag in flag_names(datapath.flags):
            m.d.comb += total[flag].eq(Cat(part[flag] for part in parts).any())
        waits = latest - datapath.latency
        outputs[name] = delayed(m, enable, total.as_value(), waits, f"{name}_late")
    return Sweep(m, *inputs, outputs, enable=enable, latency=latest)


def values(words, bounds: Range):
    """Two's complement words as integers."""
    kind, count = (object, words.shape[1]) if bounds.width > 62 else (np.int64, 2)
    found = sum(words[:, i].astype(kind) << 32 * i for i in range(min(words.shape[1], count)))
    found &= (1 << bounds.width) - 1
    return np.where(
        bounds.signed & (found >> bounds.width - 1 > 0).astype(bool),
        found - (1 << bounds.width),
        found,
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


def tables_of(words, fmt):
    """What the words select, for all lanes: (n, 1)."""
    return (words >> np.uint64(64 - fmt.select_width) if fmt.select_width else words * 0)[:, None]


def wrong(datapaths, words, seed=1):
    """How many results of each datapath are wrong; ``words`` (n,) of both sides."""
    return [bad for part in chunks(datapaths) for bad in wrong_of(part, words, seed)]


def chunks(datapaths):
    """Datapaths of a few pipelines in all."""
    part, size = [], 0
    for path in datapaths:
        if part and size + path.cycles > TOGETHER:
            yield part
            part, size = [], 0
        part.append(path)
        size += path.cycles
    yield part


def wrong_of(datapaths, words, seed):
    """The same of datapaths compiled together."""
    named = {f"d{index}": datapath for index, datapath in enumerate(datapaths)}
    found, result = build(named).run(*words, seed=seed), {}
    for key, path in named.items():
        total = values(found[key], whole(path))
        result[path] = differing(path, words, total, flags_of(found[key], whole(path), path))
    return [(path, count) for path, count in result.items() if count]


def wrong_when_settled(path, words):
    """How many results of a datapath are wrong; its cycles one after the other, none compiled."""
    m, inputs = Module(), (Signal(64, name="w"), Signal(64, name="a"))
    enable, part = Signal(name="enable"), Signal(8, name="part")
    outputs = {"o": part_of(m, enable, inputs, "d", path, part).as_value()}
    parts = np.repeat(np.arange(path.cycles, dtype=np.uint64), len(words[0]))
    w, a = (np.tile(side, path.cycles) for side in words)
    ports = {"w": inputs[0], "a": inputs[1], "part": part}
    found = Settled(m, ports, outputs, enable).run({"w": w, "a": a, "part": parts})["o"]
    kind = object if whole(path).width > 62 else np.int64
    total = values(found, path.range).astype(kind).reshape(path.cycles, -1).sum(axis=0)
    flags = flags_of(found, path.range, path).items()
    raised = {name: flag.reshape(path.cycles, -1).any(axis=0) for name, flag in flags}
    return differing(path, words, total, raised)


def flags_of(found, bounds, path):
    """The flags above a value."""
    return {
        name: (found[:, place // 32] >> place % 32 & 1).astype(bool)
        for place, name in enumerate(flag_names(path.flags), bounds.width)
    }


def differing(path, words, total, raised):
    """How many sums and flags are not those of the golden formats."""
    formats = path.weight, path.activation
    codes = [lanes_of(w, f, path.lanes) for w, f in zip(words, formats, strict=True)]
    legal = np.logical_and(*(
        np.isin(c, np.array(f.legal)).all(axis=1) for c, f in zip(codes, formats, strict=True)
    ))  # fmt: skip
    assert legal.sum() >= 64 or path.lanes == 1
    given = [
        (f, c[legal].astype(np.int64), tables_of(w, f)[legal].astype(np.int64))
        for w, c, f in zip(words, codes, formats, strict=True)
    ]
    kind = object if whole(path).width > 62 else np.int64
    sides = [f.integers(c, table).astype(kind) for f, c, table in given]
    bad = total[legal] != (sides[0] * sides[1]).sum(1)
    with np.errstate(invalid="ignore"):
        products = np.prod([f.decode(c, table) for f, c, table in given], axis=0)
    specials = {"nan": np.isnan, "positive": np.isposinf, "negative": np.isneginf}
    for name, flag in raised.items():
        bad |= flag[legal] != specials[name](products).any(axis=1)
    return int(bad.sum())
