"""Unpackers in hardware: every scheme bit for bit under stalls, and as fast as bytes come."""

import numpy as np
import pytest
from amaranth.hdl import Const
from flows import flow
from macsmith.golden import storage
from macsmith.golden.description import Target
from macsmith.golden.errors import Mismatch
from macsmith.golden.storage import Mapped
from macsmith.golden.units import Unpack
from macsmith.hw.catalogue import hardware
from macsmith.hw.text.emit import emit
from macsmith.hw.units import table_entry
from macsmith.hw.units.gear import MOST_POSITIONS, Gear, gear
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness

from macsmith import cost, design


def unit(name, scheme, **given):
    return Unpack(name=name, scheme=scheme, **{"port": 64, **given})


#: Words in one chunk and in several, narrower and wider than a beat; tables; several parts.
DESIGNS = [
    unit("halves", "q4_0", lanes=8),
    unit("odd_bytes", "mxfp4", lanes=4),
    unit("two_beats_joined", "q5_0", port=128, lanes=32),
    unit("many_chunks", "q4_k", lanes=64),
    unit("side_by_side", "q8_0", rows=2, lanes=8),
    unit("digits", "tq1_0", lanes=32),
    unit("looked_up", "iq3_xxs", lanes=16),
    unit("memories", "iq1_s", lanes=64),
    unit("chosen_table", "iq1_m", lanes=4),
    unit("parts", "gptq4_g128", rows=8, lanes=8),
    unit("whole_rows", "segments_e3m2", rows=2, lanes=8, k=64),
    unit("axis", "nvfp4", lanes=16, k=128, build=Target(interface="axis")),
]

MAPPED = [n for n in storage.names() if isinstance(storage.lookup(n), Mapped)]


@pytest.mark.often(6)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.parametrize("lanes", [8, 32])
@pytest.mark.parametrize("name", MAPPED)
def test_every_scheme_is_unpacked_bit_for_bit(name, lanes):
    scheme = storage.lookup(name)
    whole_rows = any(level.span.columns is None for level in scheme.operand.levels)
    rows = 16 if name == "spqr" else 32 if name.startswith("gptq3") else 16 if lanes == 8 else 8
    if len(scheme.parts) == 1 and name != "spqr":
        rows = 1
    device = unit("u", name, rows=max(rows, 16 if name.startswith("gptq2") else 1), lanes=lanes,
                  k=64 if whole_rows else 0)  # fmt: skip
    trials = [*device.trials(1, np.random.default_rng(lanes)), *device.bounds()]
    run = flow(device, trials, stall=0.25 if lanes == 8 else 0.0)
    assert run.found == run.wanted


@pytest.mark.parametrize("port", [8, 64, 512])
@pytest.mark.parametrize("scheme, lanes", [("q4_0", 16), ("q4_0", 64), ("mxfp4", 8), ("q6_k", 128)])
def test_it_keeps_up_with_its_port_or_makes_a_beat_a_cycle(scheme, lanes, port):
    """Whichever is slower; no bubbles between words, and a few cycles at the start."""
    device = unit("u", scheme, lanes=lanes, port=port)
    trials = device.trials(2, np.random.default_rng(1))
    run, built = flow(device, trials), hardware(device)
    assert run.found == run.wanted
    first = [n for n, _ in enumerate(run.taken["blocks"]) if (n + 1) * port // 8 >= (
        device.words["blocks"].size)][0]  # fmt: skip
    assert run.given[0] - run.taken["blocks"][first] <= built.latency
    needed = max(len(run.wanted), len(run.taken["blocks"]))
    word, beats = built.plan.gears["blocks"], device.words["blocks"].beats
    start = built.latency + max(-(-word.word * 8 // port), word.chunks) + beats
    assert run.given[-1] <= needed + start


def test_nothing_comes_out_of_a_part_of_a_block():
    device = unit("u", "q4_0", lanes=32)
    whole = device.trials(1, np.random.default_rng(1))[0]["blocks"].values[0].ravel()
    run = flow(device, [{"blocks": device.beats(whole[:16])}])
    assert run.found == [] and len(run.taken["blocks"]) == 2


@pytest.mark.parametrize("port", [1, 8, 64])
def test_gears_hand_on_all_bytes_in_their_order(port):
    """Chunks as they are cut, of every size: against slices of the bytes."""
    for word in (1, 3, 17, 18, 34, 72, 110, 144, 210, 292, 576):
        for beats in (1, 2, 8, 64):
            found = gear(port, word, beats)
            assert found.chunks * found.chunk >= word > (found.chunks - 1) * found.chunk
            assert found.chunk <= found.wide <= 2 * port and found.positions <= MOST_POSITIONS
            assert found.chunks <= max(beats, word // port, 1)
            place, beat, last = 0, 0, found.chunks == 1
            for number in range(3 * found.chunks):
                whole, inside = divmod(number, found.chunks)
                byte = whole * word + inside * found.chunk
                assert (beat * found.wide + place * found.grain, last) == (
                    byte, inside == found.chunks - 1,
                )  # fmt: skip
                size = found.rest if last else found.chunk
                assert found.beyond(place, last) == (
                    (byte + size - 1) // found.wide > byte // found.wide
                )
                beat += found.ends(place, last)
                place = found.after(place, last)
                last = (number + 2) % found.chunks == 0


def test_a_wide_port_is_cut_before_chunks_are():
    """A chunk is no wider than a beat needs, and so is what it is cut out of."""
    assert gear(64, 144, 16) == Gear(64, 144, 16, 16)
    assert gear(64, 72, 1) == Gear(64, 72, 128, 72)
    assert gear(64, 210, 1).chunks == 3


def test_a_wrong_table_is_found(monkeypatch):
    device = DESIGNS[6]
    trials = harness(hardware(device))._drawn(2, 1)

    def wrong(m, index, results, shape, name):
        return Const(0, shape)

    monkeypatch.setattr(table_entry, "look_up", wrong)
    with pytest.raises(Mismatch):
        run_batch(emit(device), trials).check()


def test_what_a_design_says_of_itself():
    built = hardware(unit("u", "q4_k", lanes=128, port=512))
    assert built.rates == {"uint4": pytest.approx(128 * 64 / 72)}
    assert hardware(unit("u", "q4_0", lanes=16, port=512)).rates == {"int4": 16}
    assert built.unit.facts["scheme"] == built.facts["scheme"] == "q4_k"
    assert built.facts["words"] == {"blocks": 144}
    assert "unpacker of q4_k, a port of 512 bits to 1 x 128 elements per beat" in built.summary
    assert [row.stage for row in built.rows] == ["blocks", "word", "code"]
    parts = hardware(DESIGNS[9])
    assert "3 ports of 64 bits to 8 x 8 elements" in parts.summary
    assert any("when all parts of it have come" in line for line in parts.manual)
    assert "blocks of the rows side by side" in parts.notes["qweight"]


@pytest.mark.slow
def test_what_sixteen_elements_a_cycle_cost():
    found = cost(design("unpack_q4_0")).cost
    assert found.resources["sites"] <= 16 * 40
    assert found.levels["lut"] <= 3 and found.resources["dsp"] == found.resources["bram36"] == 0
