"""The boards' data, and what happens when it is malformed."""

from dataclasses import replace

import pytest
from macsmith.boards.catalogue import Clock, fitted, load, lookup, names
from macsmith.boards.families import FAMILIES, UNMAPPED, flags
from macsmith.golden.description.build import ADDERS, FABRICS
from macsmith.golden.errors import DesignError, UnknownName
from macsmith.hw.leaves import LEAVES

from macsmith import design
from macsmith.options import Options

GOOD = """
title = "T"
part = "p"
family = "xcup"
source = "s"
[resources]
lut = 100
ff = 200
dsp = 3
[memory]
kind = "HBM2"
bandwidth = 460
[shell]
name = "x"
[shell.resources]
lut = 10
"""


def test_names():
    assert names() == sorted(
        "u280 u250 u50 u55c zcu104 ultra96v2 pynq-z2 ulx3s-85 icebreaker "
        "tang-nano-9k tang-nano-20k crosslink-nx-evn orangecrab-25 orangecrab-85 kv260 "
        "arty-a7-35 arty-a7-100 vcu129 v80".split()
    )


@pytest.mark.parametrize("name", ["U280", "u_280", "pynq_z2", "PYNQZ2", "ULX3S-85", "iCEBreaker"])
def test_names_ignore_case_and_separators(name):
    assert lookup(name).name.replace("-", "") == name.lower().replace("-", "").replace("_", "")


def test_unknown_board():
    with pytest.raises(UnknownName, match="unknown board 'u281'; close ones: .*u280"):
        lookup("u281")


#: Flip-flops for each look-up table.
FLIP_FLOPS = {"xcup": 2, "xc7": 2, "ecp5": 1, "ice40": 1, "gowin": 0.75, "nexus": 1, "versal": 2}


@pytest.mark.parametrize("name", names())
def test_every_board_is_complete(name):
    board = lookup(name)
    family = (FAMILIES | UNMAPPED)[board.family]
    assert board.title and board.part and board.source
    assert set(board.resources) - {"lut"} <= set(family.counted), "spelled as the family counts"
    assert board.resources["ff"] == FLIP_FLOPS[board.family] * board.resources["lut"]


#: Boards whose logic has its clock from processors; whose pins no public source was found for;
#: and parts that come in one grade.
NO_CLOCK, NO_GRADE = ("kv260", "ultra96v2", "vcu129", "v80"), ("icebreaker",)


@pytest.mark.parametrize("name", names())
def test_every_board_tells_its_clock_and_speed_grade(name):
    board = lookup(name)
    assert (board.clock is None) == (name in NO_CLOCK)
    if board.clock is not None:
        assert board.clock.pin.isalnum() and board.clock.negative.isalnum() != (
            board.clock.negative == ""
        )
        assert 10 <= board.clock.frequency <= 300 and board.clock.source
    assert (board.speed_grade == "") == (name in NO_GRADE)
    assert board.speed_grade in board.part


@pytest.mark.parametrize("name", ["u280", "u55c", "u50", "u250", "vcu129"])
def test_what_dies_have_adds_up(name):
    board = lookup(name)
    assert len(board.dies["lut"]) == {"u50": 2, "u280": 3, "u55c": 3}.get(name, 4)
    assert set(board.dies) == set(board.resources)
    for key, each in board.dies.items():
        assert sum(each) == board.resources[key]
    assert [2 * lut for lut in board.dies["lut"]] == list(board.dies["ff"])


def test_the_u280_beside_its_shell():
    board = lookup("u280")
    assert board.available("lut") == 1_303_680 - 107_629
    assert board.available("bram36") == 2016 - 195.5
    assert board.available("spram") == 0
    assert board.memory.bandwidth == 460 and board.memory.capacity == 8
    assert lookup("u50").memory.bandwidth is None
    assert lookup("zcu104").available("lut") == 230_400


def write(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_a_board_of_ones_own(tmp_path):
    board = load(write(tmp_path, GOOD))
    assert board.name == "mine" and board.shell.name == "x" and board.available("lut") == 90


def test_a_board_is_named_by_its_file(tmp_path):
    path = write(tmp_path, GOOD)
    assert lookup(str(path)) == load(path) and lookup(str(path)).name == "mine"


def test_files_that_are_no_boards_are_told(tmp_path):
    with pytest.raises(DesignError, match="cannot read the board .*none.toml: No such file"):
        lookup(str(tmp_path / "none.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(DesignError, match="it is a folder"):
        lookup(str(tmp_path / "folder.toml"))
    (tmp_path / "my board.toml").write_text(GOOD)
    with pytest.raises(DesignError, match="my board.toml: a board's file is named by letters"):
        lookup(str(tmp_path / "my board.toml"))


def test_every_leaf_may_be_asked_for():
    assert set(ADDERS) == {"inferred", *LEAVES}


#: A board of each family.
FAMILIES_OF = {
    "u280": "xcup",
    "pynq-z2": "xc7",
    "ulx3s-85": "ecp5",
    "icebreaker": "ice40",
    "tang-nano-9k": "gowin",
    "crosslink-nx-evn": "nexus",
}


def test_every_family_is_a_fabric():
    assert set(FABRICS) == {"auto", *FAMILIES} == {"auto", *FAMILIES_OF.values()}


def test_engines_are_built_of_cells_that_the_board_has():
    leaves = design("int4xint4", Options(adders="carry4"))
    assert fitted(leaves, lookup("u280")).build == replace(leaves.build, fabric="xcup")
    fabrics = [fitted(design("int4xint4"), lookup(name)).build.fabric for name in FAMILIES_OF]
    assert fabrics == list(FAMILIES_OF.values())
    with pytest.raises(DesignError, match="AMD's CARRY4, icebreaker has others: choose"):
        fitted(leaves, lookup("icebreaker"))
    eight = design("int4xint4", Options(adders="carry8"))
    assert fitted(eight, lookup("u280")).build.adders == "carry8"
    with pytest.raises(DesignError, match="AMD's CARRY8, pynq-z2 has others: choose"):
        fitted(eight, lookup("pynq-z2"))
    plain, blocks = (design("int4xint4", Options(policy=policy)) for policy in ("lut", "dsp"))
    assert fitted(plain, lookup("u280")).build == replace(plain.build, fabric="xcup")
    other = design("int4xint4", Options(fabric="ecp5"))
    assert fitted(other, lookup("ulx3s-85")) == other
    with pytest.raises(DesignError, match="fabric ecp5 is not that of u280: choose --fabric auto"):
        fitted(other, lookup("u280"))
    found = [fitted(blocks, lookup(name)).build.blocks for name in FAMILIES_OF]
    assert found == ["dsp48e2", "dsp48e1", "mult18x18d", "sb_mac16", "mult18x18", "multaddsub18x18"]
    plain = design("int4xint4", Options(policy="dsp", blocks="inferred"))
    with pytest.raises(DesignError, match="cannot be left to yosys, which miscompiles"):
        fitted(plain, lookup("icebreaker"))
    with pytest.raises(DesignError, match="are not left to yosys, which uses them without"):
        fitted(plain, lookup("tang-nano-9k"))
    named = design("int4xint4", Options(policy="dsp", blocks="dsp48e2"))
    with pytest.raises(DesignError, match="are not those of ulx3s-85: choose --blocks auto"):
        fitted(named, lookup("ulx3s-85"))


DIES = "[dies]\nff = [120, 80]\ndsp = [2, 1]\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "T"', "", "title must be a string, got nothing"),
        ('part = "p"', "part = 7", "part must be a string, got 7"),
        ('family = "xcup"', 'family = "virtex"', "mine.toml: family: unknown family 'virtex'"),
        ("dsp = 3", "", "resources.dsp must be a number from 0 to 1e12, got nothing"),
        ("ff = 200", 'ff = "200"', "resources.ff must be a number from 0 to 1e12, got '200'"),
        ("ff = 200", "ff = true", "resources.ff must be a number from 0 to 1e12, got True"),
        ("lut = 100", "lut = -1", "resources.lut must be a number from 0 to 1e12, got -1"),
        ("[resources]", "[res]", "resources must be a table, got nothing"),
        ('kind = "HBM2"', "", "memory.kind must be a string, got nothing"),
        ("bandwidth = 460", "bandwith = 460", "memory.bandwith must be left out, got a value"),
        (
            "lut = 10\n",
            "lut = []\n",
            r"shell.resources.lut must be a number from 0 to 1e12, got \[\]",
        ),
        ('name = "x"', 'name = "x"\nslr = 1', "shell.slr must be left out, got a value"),
        ('source = "s"', 'source = "s"\nflags = 1', "flags must be a string, got 1"),
        ('source = "s"', 'source = "s"\ncolour = 1', "colour must be left out, got a value"),
        ('part = "p"', 'part = "p; exec id"', "part must be one word of up to 64 letters"),
        ('part = "p"', 'part = "[exec id]"', "part must be one word of up to 64 letters"),
        ('part = "p"', 'part = ""', "part must be one word of up to 64 letters"),
        ('title = "T"', 'title = "T\\u001b[2J"', "title must be one line of printable letters"),
        ('source = "s"', 'source = "s"\nflags = "-abc9; id"', "flags must be options of the synth"),
        ('source = "s"', 'source = "s"\nflags = "-a\\n!id"', "flags must be options of the synth"),
        ("ff = 200", "ff = nan", "resources.ff must be a number from 0 to 1e12, got nan"),
        ("ff = 200", "ff = inf", "resources.ff must be a number from 0 to 1e12, got inf"),
        ("ff = 200", "ff = 10000000000000", "resources.ff must be a number from 0 to 1e12"),
        ("ff = 200", f"ff = {'1' * 5000}", "not valid TOML: an integer has more than 64 bits"),
        ("[resources]", f"a = {'[' * 3000}{']' * 3000}\n[resources]", "nested too deep"),
        ('title = "T"', "title =", "not valid TOML"),
        ('source = "s"', 'source = "s"\nspeed_grade = 2', "speed_grade must be a string, got 2"),
        (
            "[memory]",
            "[clock]\nfrequency = 25\n[memory]",
            "clock.pin must be a string, got nothing",
        ),
        ("[memory]", "[clock]\npin = 7\n[memory]", "clock.pin must be a string, got 7"),
        ("[memory]", "[dies]\nlut = [60, 40]\n[memory]", "dies.ff must be a list of two numbers"),
        (
            "[memory]",
            f"{DIES}lut = [100]\n[memory]",
            r"dies.lut must be a list of two .*, got \[100",
        ),
        (
            "[memory]",
            f"{DIES}lut = [60, 50]\n[memory]",
            r"dies.lut must be numbers that add up to resources.lut = 100, got \[60, 50\]",
        ),
        (
            "[memory]",
            f"{DIES}lut = [60, 30, 10]\n[memory]",
            "dies.ff must be a list of 3 numbers, as of lut, got",
        ),
    ],
)
def test_malformed_files_name_file_and_key(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(DesignError, match=message) as error:
        load(write(tmp_path, GOOD.replace(old, new, 1)))
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("mine.toml: ")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("lut = 100", "lut = -1", "(line 7)"),
        ("dsp = 3", "dsp = true", "(line 9)"),
        ("bandwidth = 460", "bandwith = 460", "(line 12)"),
        ("lut = 10\n", "lut = []\n", "(line 16)"),
        ('family = "xcup"', 'family = "virtex"', "(line 4)"),
        ('part = "p"', "[part]\nx = 1", "(line 3)"),
        ("dsp = 3", "", "(missing in the table of line 6)"),
        ('kind = "HBM2"', "", "(missing in the table of line 10)"),
        ('part = "p"', "", "(missing in the top of the file)"),
        ('name = "x"', "", "(missing in the table of line 13)"),
    ],
)
def test_malformed_files_name_the_line(tmp_path, old, new, where):
    with pytest.raises(DesignError) as error:
        load(write(tmp_path, GOOD.replace(old, new, 1)))
    assert str(error.value).endswith(f" {where}")


def test_a_clock_and_dies_of_ones_own(tmp_path):
    more = '[clock]\npin = "A1"\nnegative = "A2"\nfrequency = 12.5\nsource = "s"\n'
    board = load(write(tmp_path, GOOD + more + DIES + "lut = [60, 40]\n"))
    assert board.clock == Clock("A1", 12.5, "s", "A2")
    assert board.dies == {"lut": (60, 40), "ff": (120, 80), "dsp": (2, 1)}


def test_nothing_is_counted_where_yosys_has_no_family():
    v80 = lookup("v80")
    with pytest.raises(DesignError, match="yosys has no family for Versal, so nothing is counted"):
        flags(v80.family, "lut")
    blocks = fitted(design("int8xint8", Options(policy="dsp")), v80)
    assert blocks.build.blocks == "dsp58" and blocks.build.fabric == "xcup"
    with pytest.raises(DesignError, match="blocks dsp48e2 are not those of v80"):
        fitted(design("int8xint8", Options(policy="dsp", blocks="dsp48e2")), v80)
