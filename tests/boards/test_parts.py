"""FPGAs without a board."""

import pytest
from macsmith.boards.families import family
from macsmith.golden.errors import DesignError, UnknownName

from macsmith import boards

#: Of whole names of parts the device, and what the makers' tables say of it.
KNOWN = {
    "xcku5p-ffvb676-2-e": ("xcup", 216_960, 1824),
    "XCVU9P-FLGA2104-2L-E": ("xcup", 1_182_240, 6840),
    "xc7a35ticsg324-1L": ("xc7", 20_800, 90),
    "xc7z020clg400-1": ("xc7", 53_200, 220),
    "xczu7ev-ffvc1156-2-e": ("xcup", 230_400, 1728),
    "LFE5UM5G-45F-8BG381C": ("ecp5", 43_848, 72),
    "GW1NR-LV9QN88PC6/I5": ("gowin", 8640, 20),
    "LIFCL-17-8UWG72C": ("nexus", 13_824, 24),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_part_is_what_its_device_has(name):
    part = boards.part(name)
    assert (part.family, part.resources["lut"], part.resources["dsp"]) == KNOWN[name]
    assert part.part == name and "/" not in part.name and part.shell is None


@pytest.mark.parametrize("name", boards.devices())
def test_every_device_is_complete(name):
    device = boards.part(name)
    resources, ratio = device.resources, {"xcup": 2, "xc7": 2, "versal": 2, "gowin": 0.75}
    assert set(resources) - {"lut"} <= set(family(device.family).counted)
    assert resources["ff"] == ratio.get(device.family, 1) * resources["lut"]
    assert all(sum(each) == resources[key] for key, each in device.dies.items())
    assert device.source


@pytest.mark.parametrize("name", boards.names())
def test_boards_have_what_their_parts_have(name):
    """Cards of Alveo have parts of their own names."""
    board = boards.lookup(name)
    cards = {"u280": "xcvu37p", "u55c": "xcvu47p", "u50": "xcvu35p", "u250": "xcvu13p"}
    part = boards.part(cards.get(name, board.part))
    assert part.family == board.family and part.flags == board.flags
    # Tables of boards and parts were typed apart.
    assert part.resources == board.resources and part.dies == board.dies


def test_parts_that_are_none():
    with pytest.raises(UnknownName, match="unknown part 'xcku6p'; close ones: .*xcku5p"):
        boards.part("xcku6p-ffvb676-2-e")
    with pytest.raises(UnknownName, match="unknown part 'xczu21dr'"):
        boards.part("xczu21dr-ffvd1156-2-e")  # no xczu2
    for name in ("", "xcku5p; exec id", "xcku5p[exec id]", "xcku5p" + "a" * 64):
        with pytest.raises(DesignError, match="a part is one word of up to 64 letters"):
            boards.part(name)
