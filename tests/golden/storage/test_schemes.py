"""The catalogue, the maps' own rules, errors, and the presets that compute with what is stored."""

import numpy as np
import pytest
from drawing import quantized
from macsmith.golden import (
    DesignError,
    Operand,
    Plane,
    Quantized,
    UnknownName,
    group,
    load,
    lookup,
    matmul,
    storage,
)  # fmt: skip
from macsmith.golden.storage import Digits, Field, Map, Mapped, Part
from macsmith.golden.storage.gguf_blocks import BLOCKS
from macsmith.golden.storage.gguf_grids import GRIDS
from macsmith.golden.storage.gguf_super import SUPER_BLOCKS
from stored import drawn

from macsmith.designs import presets

PRESETS = [name for name in presets() if name.startswith("gguf_")]
MAPPED = [n for n in storage.names() if isinstance(storage.lookup(n), Mapped)]


def whole(scheme):
    """A shape of whole blocks."""
    return (32, 256) if scheme.name != "spqr" else (32, 48)


@pytest.mark.parametrize("name", MAPPED)
def test_packing_and_unpacking_are_inverse(name, rng):
    """Codes at random, of every array; the data as bytes, a view and an array."""
    scheme = storage.lookup(name)
    held = drawn(rng, scheme, whole(scheme), "wild")
    data = storage.pack(name, held)
    assert len(data) == scheme.size(held.shape)
    for given in (data, memoryview(data), np.frombuffer(data, np.uint8)):
        again = storage.unpack(scheme, given, held.shape)
        for key in held.codes:
            np.testing.assert_array_equal(again.codes[key], held.codes[key])
        for key in held.scales:
            np.testing.assert_array_equal(again.scales[key], held.scales[key])
        np.testing.assert_array_equal(again.select, held.select)
    parts = scheme.unpack_parts(scheme.pack_parts(held), held.shape)
    assert scheme.pack(parts) == data


@pytest.mark.parametrize("name", MAPPED)
def test_data_of_a_wrong_length_are_refused(name):
    scheme = storage.lookup(name)
    shape, size = whole(scheme), scheme.size(whole(scheme))
    with pytest.raises(
        DesignError, match=rf"{name}: (block|word) \d+.* needs bytes \d+…{size - 1}, "
    ):
        scheme.unpack(bytes(size - 1), shape)
    with pytest.raises(
        DesignError, match=f"end with byte {size - 1}, the data go on to byte {size}"
    ):
        scheme.unpack(bytes(size + 1), shape)


def test_messages_name_the_byte():
    with pytest.raises(DesignError) as error:
        storage.unpack("q4_k", bytes(500), (2, 512))
    assert str(error.value) == ("q4_k: block 3 needs bytes 432…575, the data end before byte 500")
    with pytest.raises(DesignError, match="q4_k: K must be whole blocks of 256, got 300"):
        storage.unpack("q4_k", bytes(144), (1, 300))
    with pytest.raises(DesignError, match="a matrix is rows × K, both at least 1, got"):
        storage.unpack("q4_k", b"", (0, 256))
    other = storage.unpack("q8_0", bytes(34), (1, 32))
    with pytest.raises(
        DesignError, match="q4_0: the matrix is .*, the scheme holds int4 × fp16 .group 32."
    ):
        storage.pack("q4_0", other)


def test_names_are_found():
    assert storage.lookup("GPTQ4").name == "gptq4_g128"
    assert storage.lookup("fp6_llm").name == "segments_e3m2"
    for name in storage.names():
        assert storage.lookup(name).name == name
    for wrong, close in (("q4k", "q4_k"), ("gptq5", "gptq4"), ("awq4_g64_v2", "awq4_g128")):
        with pytest.raises(UnknownName, match=f"unknown storage scheme '{wrong}'.*{close}"):
            storage.lookup(wrong)
    with pytest.raises(UnknownName, match="unknown format"):
        storage.lookup("dense_int99x")


@pytest.mark.parametrize(
    ("size", "places", "message"),
    [
        (1, [Field("a", 6, 3)], "a leaves its block of 1 bytes"),
        (1, [Field("a", 0, 4, ((2, -4),))], "a leaves its block of 1 bytes"),
        (1, [Field("a", 0, 4), Field("b", 3, 2)], "bit 3 of the block belongs to two numbers"),
        (1, [Field("a", 0, 4), Field("a", 4, 4, low=3)], "bits of a are given twice"),
        (2, [Digits("a", 1, 2, 5)], "a leaves its block of 2 bytes"),
    ],
)
def test_maps_are_checked(size, places, message):
    with pytest.raises(DesignError, match=message):
        Map(size, tuple(places))


def test_schemes_hold_every_bit_of_their_operand():
    uint4 = Operand((Plane(lookup("uint4")),))

    def scheme(*maps):
        parts = (Part(f"p{i}", m, group(2)) for i, m in enumerate(maps))
        return Mapped("odd", uint4, tuple(parts))

    assert scheme(Map(1, (Field("code", 0, 4, ((2, 4),)),))).size((1, 4)) == 2
    with pytest.raises(DesignError, match="odd: code needs 4 bits of every item"):
        scheme(Map(1, (Field("code", 0, 3, ((2, 4),)),)))
    with pytest.raises(DesignError, match=r"odd: parts hold \['x'\], the operand needs \['code'\]"):
        scheme(Map(1, (Field("x", 0, 4, ((2, 4),)),)))
    with pytest.raises(DesignError, match="odd: p1 and another part clash in code"):
        scheme(*[Map(1, (Field("code", 0, 4, ((2, 4),)),))] * 2)
    with pytest.raises(DesignError, match="a constant is added to 'x', which is not in the block"):
        Map(1, (Field("a", 0, 8),), (("x", 1),))


def test_a_constant_needs_whole_numbers():
    low = Map(1, (Field("code", 0, 2, ((4, 2),)),), (("code", 1),))
    high = Map(1, (Field("code", 0, 2, ((4, 2),), low=2),))
    parts = Part("low", low, group(4)), Part("high", high, group(4))
    with pytest.raises(DesignError, match="odd: no constant can be added to a part of code"):
        Mapped("odd", Operand((Plane(lookup("uint4")),)), parts)


def test_fields_and_digits_are_checked():
    for wrong in ({"width": 0}, {"axes": ((0, 1),)}, {"low": -1}, {"first": -1}):
        with pytest.raises(DesignError, match="a field has positive widths and counts"):
            Field(**{"array": "a", "bit": 0, "width": 1, **wrong})
    with pytest.raises(DesignError, match="a byte holds 1 to 5 digits of base 3, got 6"):
        Digits("a", 0, 1, 6)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_compute_with_what_is_stored(name, rng):
    """Weights from bytes; the result is close to the product of the values that they stand for."""
    made = load(presets()[name])
    scheme = storage.lookup(name.removeprefix("gguf_"))
    assert made.arithmetic.weight == scheme.operand
    w = scheme.unpack(scheme.pack(drawn(rng, scheme, (4, 512))), (4, 512))
    a = quantized(rng, made.arithmetic.activation, shape=(3, 512))
    if a.operand == storage.lookup("q8_0").operand:
        a = storage.unpack("q8_0", storage.pack("q8_0", a), a.shape)
    wanted = w.dequantize() @ a.dequantize().T
    greatest = np.abs(w.dequantize()) @ np.abs(a.dequantize()).T
    assert (np.abs(matmul(made, w, a).decode() - wanted) <= 2e-6 * greatest).all()


def test_every_gguf_scheme_has_its_preset():
    assert set(PRESETS) == {f"gguf_{s.name}" for s in (*BLOCKS, *SUPER_BLOCKS, *GRIDS)}
    activations = {name: load(presets()[name]).arithmetic.activation for name in PRESETS}
    for name, operand in activations.items():
        small = storage.lookup(name.removeprefix("gguf_")).parts[0].tile.columns < 256
        assert (operand == storage.lookup("q8_0").operand) == small


def test_bare_codes_are_held_too():
    codes = np.arange(8).reshape(1, 8)
    scheme = storage.lookup("dense_int3")
    assert scheme.pack(Quantized(scheme.operand, {"code": codes})) == bytes.fromhex("88c6fa")
