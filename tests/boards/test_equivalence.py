"""RTL and mapped netlist are the same machine: proven for every register and output."""

from pathlib import Path

import pytest
from macsmith.boards import families
from macsmith.golden.errors import ToolFailed
from macsmith.hw.text.emit import emit
from macsmith.sim import runner
from macsmith.sim.models import cell_models
from macsmith.tools import yosys

from macsmith import Build, Engine, Options, design, raw

#: Of each datapath an engine: pair, lanes.
SMALL = {
    "minifloat": ("e2m1xe2m1", 4),
    "select": ("ternaryxint8", 4),
    "booth": ("int4xint5", 4),
    "table": ("binaryxint8", 4),
    "bit_plane": ("int3xint2", 8),
    "split_shift": ("e4m3xe4m3", 2),
    "multiply": ("e2m1xint4", 2),
    "bit_serial": ("int8xint8", 4),
    "table_serial": ("int3xint8", 4),
    "plane_serial": ("int4xint6", 8),
}

#: Engines of one row whose cost README and the notes compare.
COSTED = (
    "int8xint8",
    "int4xint8",
    "int4xint4",
    "int5xint7",
    "int3xint6",
    "int2xint8",
    "ternaryxint8",
    "binaryxint8",
    "e2m1xe2m1",
    "e2m1xint8",
    "e2m3xe2m3",
    "e3m2xe3m2",
    "e4m3xe4m3",
    "e5m2xe5m2",
    "posit8_0xposit8_0",
    "posit8_1xposit8_1",
)


def prove(engine, folder, spoil=lambda text: text):
    """Raises ToolFailed unless every register and output of RTL and netlist is proven equal.

    Shift registers and memories are mapped to flip-flops, which have names in both; and bits of
    registers that are equal from the start are merged before, as the mapping does.
    """
    emitted = emit(engine)
    top = emitted.core
    (folder / "core.il").write_text(emitted.rtlil)
    (folder / "cells.v").write_text("".join(p.read_text() for p in families.models("xcup")))
    flags = f"{families.flags('xcup', 'lut')} -nosrl -nolutram -top {top}"
    merged = ["memory", "opt_expr", "opt_clean", "opt_dff", "splitcells", "opt_merge -share_all"]
    named = ["opt_clean -purge", "splitnets", "opt_clean -purge", "write_rtlil gold.il"]
    whole = ["read_rtlil core.il", f"hierarchy -top {top}", "proc", "flatten", *merged, *named]
    yosys.run([*whole, flags, "write_verilog -noattr mapped.v"], folder, log="map.log")
    (folder / "mapped.v").write_text(spoil((folder / "mapped.v").read_text()))
    netlist = ["read_verilog cells.v mapped.v", f"hierarchy -top {top}", "proc", "flatten"]
    proof = [
        *(
            "read_rtlil gold.il",
            f"hierarchy -top {top}",
            f"rename {top} gold",
            "design -stash gold",
        ),
        *(*netlist, "opt_clean", f"rename {top} gate", "design -stash gate"),
        *("design -copy-from gold gold", "design -copy-from gate gate"),
        *("equiv_make gold gate proof", "hierarchy -top proof", "opt_clean"),
        *("equiv_induct -seq 3", "equiv_status -assert"),
    ]
    yosys.run(proof, folder, log="proof.log")


#: Those whose proofs take longest.
LONG = ("split_shift", "bit_serial", "plane_serial", "bit_plane")


@pytest.mark.often(3)
@pytest.mark.parametrize(
    "datapath",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in SMALL],
)
def test_the_netlist_of_every_datapath_is_proven(datapath, build_folder):
    name, lanes = SMALL[datapath]
    found = design(name, Options(rows=1, cols=1, lanes=lanes, datapath=datapath))
    prove(found, build_folder)


@pytest.mark.slow
def test_the_netlist_of_an_engine_of_several_modes_is_proven(build_folder):
    pairs = ("int8", "int8"), ("int4", "int4"), ("e2m1", "e2m1")
    prove(Engine("modes", tuple(raw(*pair) for pair in pairs), Build(1, 1, 2)), build_folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", COSTED)
def test_the_netlist_of_every_costed_engine_is_proven(name, build_folder):
    prove(design(name, Options(rows=1, cols=1, lanes=16)), build_folder)


def prove_leaves(engine, folder, spoil=lambda text: text):
    """Raises ToolFailed unless plain RTL and RTL with leaves are proven equal."""
    emitted = emit(engine)
    (folder / "gold.il").write_text(emitted.rtlil)
    (folder / "gate.il").write_text(emitted.fabric)
    (folder / "models.v").write_text(spoil("".join(cell_models(emitted).values())))
    top = emitted.core
    whole = [f"hierarchy -top {top}", "proc", "memory", "flatten", "opt_clean"]
    yosys.run(
        [
            *("read_rtlil gold.il", *whole, f"rename {top} gold", "design -stash gold"),
            *("read_verilog models.v", "read_rtlil gate.il", *whole, f"rename {top} gate"),
            *("design -stash gate", "design -copy-from gold gold", "design -copy-from gate gate"),
            *("equiv_make gold gate proof", "hierarchy -top proof", "opt_clean"),
            *("equiv_simple", "equiv_induct", "equiv_status -assert"),
        ],
        folder,
        log="leaves.log",
    )


#: Beside sums: numbers less an odd constant, in decoders, scales and counters of systolic arrays.
LEAVES = {
    "int8xint8": {"lanes": 4},
    "e2m1xe2m1": {"lanes": 4},
    "e4m3xe4m3": {"lanes": 4},
    "lmul_e4m3": {},
    "w4a16": {},
    "w8a8": {"cols": 9, "flow": "systolic_os"},
}


@pytest.mark.often(3)
@pytest.mark.parametrize("adders", ["carry4", "carry8"])
@pytest.mark.parametrize(
    "name",
    [*LEAVES][:4] + [pytest.param(name, marks=pytest.mark.slow) for name in [*LEAVES][4:]],
)
def test_leaves_are_proven_equal_to_what_they_stand_for(name, adders, build_folder):
    shape = {"rows": 1, "cols": 1, "lanes": 2} | LEAVES[name]
    engine = design(name, Options(**shape, adders=adders))
    assert f"cell \\{adders.upper()}" in emit(engine).fabric
    prove_leaves(engine, build_folder)


@pytest.mark.parametrize(
    "adders, old, new", [("carry4", "CI | CYINIT", "CI"), ("carry8", "S[4] ? c4", "S[4] ? c3")]
)
def test_a_wrong_leaf_is_not_proven(adders, old, new, build_folder):
    engine = design("int4xint5", Options(rows=1, cols=1, lanes=2, adders=adders))
    with pytest.raises(ToolFailed, match="unproven"):
        prove_leaves(engine, build_folder, lambda text: text.replace(old, new))


@pytest.mark.parametrize("cell", ["CARRY4", "CARRY8"])
def test_models_of_carry_blocks_are_those_of_yosys(cell, build_folder):
    model = (Path(runner.__file__).parent / "leaves" / f"{cell}.v").read_text()
    prove_model(cell, model, build_folder)
    wrong = model.replace("S[2] ? c2", "S[2] ? c1")
    assert wrong != model
    with pytest.raises(ToolFailed, match="unproven"):
        prove_model(cell, wrong, build_folder)


def prove_model(cell, model, build_folder):
    """Raises ToolFailed unless a model is proven equal to yosys's."""
    (build_folder / "model.v").write_text(model)
    library = next(path for path in families.models("xcup") if f"module {cell}" in path.read_text())
    (build_folder / "theirs.v").write_text(library.read_text())
    whole = f"hierarchy -top {cell}", "proc", "flatten", "opt_clean"
    yosys.run(
        [
            *("read_verilog model.v", *whole, f"rename {cell} gold", "design -stash gold"),
            *("read_verilog theirs.v", *whole, f"rename {cell} gate", "design -stash gate"),
            *("design -copy-from gold gold", "design -copy-from gate gate"),
            *("equiv_make gold gate proof", "hierarchy -top proof", "opt_clean", "equiv_simple"),
            "equiv_status -assert",
        ],
        build_folder,
    )


def test_a_wrong_netlist_is_not_proven(build_folder):
    """One look-up table differs in one entry."""

    def spoil(text):
        head, tail = text.split(".INIT(16'h", 1)
        return f"{head}.INIT(16'h{int(tail[0], 16) ^ 1:x}{tail[1:]}"

    with pytest.raises(ToolFailed, match="unproven"):
        prove(design("int4xint5", Options(rows=1, cols=1, lanes=2)), build_folder, spoil)
