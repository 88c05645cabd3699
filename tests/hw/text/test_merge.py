"""Each distinct module is emitted once, and the merged design is the same design."""

import re

import pytest
from amaranth.back import rtlil
from macsmith.hw.array.broadcast import BroadcastArray
from macsmith.hw.engine.planner import plan
from macsmith.hw.text.emit import emit
from macsmith.hw.text.merge import merge
from macsmith.tools import yosys

from macsmith import Build, Engine, lookup, raw


def unmerged(engine):
    return rtlil.convert(BroadcastArray(plan(engine)), name="top", emit_src=False)


def engine(weight="e4m3", activation="e5m2", shape=(2, 2, 3), k_max=96):
    return Engine("merged", (raw(weight, activation, k_max),), Build(*shape))


@pytest.mark.parametrize("shape", [(1, 1, 4), (4, 4, 4), (8, 8, 4)])
def test_the_number_of_modules_does_not_grow_with_the_array(shape):
    text = merge(unmerged(engine("int4", "int8", shape)), "core")
    modules = re.findall(r"^module (\S+)$", text, re.M)
    assert len(modules) == len(set(modules)) == 4
    assert text.count("cell \\core_pe ") == shape[0] * shape[1]


def test_preloaded_elements_are_merged_too():
    arithmetic = raw("int4", "int8", 96, initial=lookup("int16"))
    text = merge(unmerged(Engine("merged", (arithmetic,), Build(2, 3, 4))), "core")
    assert text.count("module \\core_pe") == text.count("module \\core_accumulator") == 1
    assert text.count("cell \\core_pe ") == 6


def test_merging_keeps_what_differs():
    """Decoders of two formats, and accumulators with and without flags, stay apart."""
    names = re.findall(r"^module \\(\S+)$", merge(unmerged(engine()), "core"), re.M)
    assert {"core", "core_weight_splitter", "core_activation_splitter", "core_pe"} <= set(names)


def test_emission_is_repeatable():
    assert emit(engine()).rtlil == emit(engine()).rtlil


def test_the_merged_design_equals_the_unmerged_one(build_folder):
    """Proven by yosys: both flattened, every register and output equal."""
    text = unmerged(engine(shape=(2, 2, 1)))
    (build_folder / "gold.il").write_text(text)
    (build_folder / "gate.il").write_text(merge(text, "top"))
    yosys.run(PROOF, build_folder)


@pytest.mark.slow
def test_the_proof_can_fail(build_folder):
    text = unmerged(engine(shape=(2, 2, 1)))
    (build_folder / "gold.il").write_text(text)
    broken = "cell $sub".join(merge(text, "top").rsplit("cell $add", 1))
    (build_folder / "gate.il").write_text(broken)
    with pytest.raises(Exception, match="unproven"):
        yosys.run(PROOF, build_folder)


PROOF = [
    "read_rtlil gold.il",
    "hierarchy -top top",
    "proc",
    "flatten",
    "rename top gold",
    "design -stash gold",
    "read_rtlil gate.il",
    "hierarchy -top top",
    "proc",
    "flatten",
    "rename top gate",
    "design -stash gate",
    "design -copy-from gold gold",
    "design -copy-from gate gate",
    "equiv_make gold gate proof",
    "hierarchy -top proof",
    "opt_clean",
    "equiv_simple -undef",
    "equiv_induct -undef",
    "equiv_status -assert",
]
