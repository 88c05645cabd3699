"""The text that goes to yosys."""

import pytest
from macsmith.boards import lookup
from macsmith.boards.script import LEVELS, VARIANTS, WRAPPER, commands, design, edif_name, synthesis
from macsmith.golden.errors import DesignError, UnknownName

TEXT = """attribute \\src "x"
module \\top.pe
end
module \\top
  cell \\top.pe \\module
  end
end
"""


def test_marks_kept_modules_and_tops_and_adds_one_top_over_all():
    text = design(TEXT, ["top"], ["top.pe"])
    assert text.count("attribute \\keep_hierarchy 1\nmodule \\top.pe\n") == 1
    assert text.count("attribute \\keep_hierarchy 1\nmodule \\top\n") == 1
    assert text.count("keep_hierarchy") == 2
    wrapper = text[text.index(f"module \\{WRAPPER}") :]
    assert wrapper.count("cell \\top \\engine_0") == 1 and wrapper.endswith("end\nend\n")
    assert design(TEXT, ["top"], []).count("keep_hierarchy") == 1


def test_refusals():
    with pytest.raises(DesignError, match=r"tops must be distinct names, at least one, got \[\]"):
        design(TEXT, [], [])
    with pytest.raises(DesignError, match="distinct"):
        design(TEXT, ["top", "top"], [])
    with pytest.raises(UnknownName, match="unknown module 'topp'; close ones: top"):
        design(TEXT, ["topp"], [])
    with pytest.raises(UnknownName, match="unknown module 'pe'"):
        design(TEXT, ["top"], ["pe"])
    with pytest.raises(UnknownName, match="unknown variant 'both'; close ones: booth"):
        synthesis(lookup("u280"), "lut", "both")


def test_boards_add_their_own_flags():
    assert synthesis(lookup("icebreaker"), "lut") == "synth_ice40 -device u"


@pytest.mark.parametrize("variant", VARIANTS)
def test_commands(variant):
    lines = commands(lookup("u280"), "lut", variant, ["a", "b.c"], edif=True)
    flags = "synth_xilinx -family xcup -noiopad -noclkbuf -flatten -nodsp"
    flags += " -nowidelut" * (variant == LEVELS)
    assert f"{flags} -top {WRAPPER}" in lines
    assert ("scratchpad -set synth_xilinx.abc9.W 10000" in lines) == (variant == LEVELS)
    assert [x for x in lines if x in VARIANTS[variant]] == list(VARIANTS[variant])
    assert lines[-2:] == [
        "write_edif -pvector bra -top a a.edf",
        "write_edif -pvector bra -top b.c b.c.edf",
    ]
    assert not any("edif" in x for x in commands(lookup("u280"), "lut", variant, ["a"], False))


def test_a_family_may_add_commands():
    """Constants are no cells of Gowin's."""
    lines = commands(lookup("tang-nano-20k"), "lut", "default", ["a"], edif=False)
    flags = "synth_gowin -noiopads -nodsp -family gw2a"
    after = ["techmap -map constants.v", "opt_clean", f"delete {WRAPPER}"]
    assert lines[1:5] == [f"{flags} -top {WRAPPER}", *after]


def test_a_family_may_map_blocks_in_its_own_way():
    """Within the synthesis command, which goes on behind; not where there are no blocks."""
    lines = commands(lookup("u280"), "dsp", "default", ["a"], edif=False)
    starts = [x for x in lines if x.startswith("synth_xilinx")]
    assert [x.split()[-2:] for x in starts] == [["-run", ":map_dsp"], ["-run", "coarse:"]]
    assert lines.index("xilinx_dsp -family xc7") > lines.index(starts[0])
    assert not any(
        "xilinx_dsp" in x for x in commands(lookup("u280"), "lut", "default", ["a"], False)
    )
    assert not any("-run" in x for x in commands(lookup("pynq-z2"), "dsp", "default", ["a"], False))


def test_edif_names_are_safe():
    assert edif_name("top/pe$1") == "top_pe_1.edf"
