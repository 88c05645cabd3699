"""Names in descriptions, and how many parts one may have."""

import pytest
from macsmith.golden import (
    ROW,
    DesignError,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    block,
    group,
    lookup,
    raw,
)
from macsmith.golden.formats import POLICIES, Bipolar, Codebook, Integer, Minifloat, Posit, Sliced

FORMATS = [
    lambda name: Integer(name, 4),
    lambda name: Minifloat(name, 4, 3, POLICIES["finite"], 7),
    lambda name: Codebook(name, ((0, 1),)),
    lambda name: Posit(name, 8, 0),
    lambda name: Bipolar(name, 4),
    lambda name: Sliced(name, 8, True, "slice"),
]


@pytest.mark.parametrize("made", FORMATS)
def test_a_format_s_name_is_one_of_plain_letters(made):
    for name in ("a", "my table-2.0+x", "_", "4"):
        assert made(name).name == name
    for name in ("", "a\nb", "a;b", "[a]", "{", "$a", '"', "*/", "é", "-a", " a", "a\x1b"):
        with pytest.raises(DesignError, match="the name of a format is made of"):
            made(name)
    with pytest.raises(DesignError, match="at most 64 letters, got 65"):
        made("a" * 65)
    with pytest.raises(TypeError, match="the name of a format must be a string, got 3"):
        made(3)


def test_names_of_arrays_are_those_of_fields():
    for name in ("a b", "a.b", "1a", "a;b", "a" * 65):
        with pytest.raises(DesignError, match="the name of a level of scales is made of"):
            Level(lookup("fp16"), ROW, name)
        with pytest.raises(DesignError, match="the name of a plane's codes is made of"):
            Plane(lookup("int4"), (), name)


@pytest.mark.parametrize("name", ["index", "select"])
def test_codes_are_not_called_as_what_comes_beside_them(name):
    with pytest.raises(DesignError, match=f"no array of codes may be called '{name}'"):
        Operand((Plane(lookup("int4"), (), name),))


def test_an_engine_has_some_modes_and_some_planes():
    """Each is planned with all others: two hundred would take minutes."""
    mode = raw(lookup("int4"), lookup("int8"))
    assert len(Engine("a", (mode,) * 16).modes) == 16
    for count in (0, 17):
        with pytest.raises(DesignError, match=f"an engine has 1 to 16 modes, got {count}"):
            Engine("a", (mode,) * count)
    with pytest.raises(DesignError, match="an operand has up to 16 planes, got 17"):
        Operand((Plane(lookup("int4")),) * 17)


@pytest.mark.parametrize("name", [3, None, b"int4", ["int4"]])
def test_a_name_is_a_string(name):
    with pytest.raises(TypeError, match="a format is called by its name"):
        lookup(name)


@pytest.mark.parametrize("size", ["4", 1.5, True, None])
def test_a_span_counts_rows_and_elements(size):
    for call in (group, lambda x: block(x, 4), lambda x: block(4, x)):
        with pytest.raises(TypeError, match="that share scales are a whole number"):
            call(size)


@pytest.mark.parametrize("bounds", [("a", "b"), 3, (1,), (1, 2, 3), (0, 10**400), "ab", (0, None)])
def test_a_clamp_is_two_numbers(bounds):
    with pytest.raises(DesignError, match="clamp takes two"):
        Output(lookup("fp32"), clamp=bounds)
