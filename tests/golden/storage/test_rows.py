"""Dense rows, segments and SpQR's tiles against plain loops."""

import numpy as np
import pytest
from macsmith.golden import DesignError, Quantized, lookup, storage
from macsmith.golden.storage.spqr import dequantize_fp16


def bits_of(data):
    """A byte string as a list of bits, lowest first."""
    return [byte >> place & 1 for byte in data for place in range(8)]


@pytest.mark.parametrize(
    "name", ["uint2", "int3", "uint4", "e2m2", "int5", "e3m2", "e2m3", "posit8_0", "binary", "int7"]
)
def test_dense_codes_follow_each_other_lowest_bit_first(name, rng):
    scheme, width = storage.lookup(f"dense_{name}"), lookup(name).bits
    codes = rng.integers(0, 1 << width, (3, 40))
    data = scheme.pack(Quantized(scheme.operand, {"code": codes}))
    wanted = [int(code) >> place & 1 for code in codes.ravel() for place in range(width)]
    assert bits_of(data) == wanted
    np.testing.assert_array_equal(scheme.unpack(data, (3, 40)).codes["code"], codes)


@pytest.mark.parametrize(("width", "first"), [(1, 0x80), (2, 0xC0), (4, 0xF0)])
def test_high_first_puts_the_first_element_on_top(width, first, rng):
    scheme = storage.lookup({1: "dense_binary_high"}.get(width, f"dense_uint{width}_high"))
    codes = np.zeros((1, 8 // width), int)
    codes[0, 0] = (1 << width) - 1
    assert scheme.pack(Quantized(scheme.operand, {"code": codes})) == bytes([first])
    data = bytes(range(256))
    held = scheme.unpack(data, (2, 1024 // width))
    assert scheme.pack(held) == data
    text = "".join(f"{code:0{width}b}" for code in held.codes["code"].ravel())
    assert int(text, 2).to_bytes(256) == data
    byte = scheme.unpack(b"\x1b", (1, 8 // width)).codes["code"][0].tolist()
    assert "".join(f"{code:0{width}b}" for code in byte) == f"{0x1B:08b}"


def test_nibble_orders_are_each_others_mirror():
    low, high = storage.lookup("dense_uint4"), storage.lookup("dense_uint4_high")
    assert low.unpack(b"\x21\x43", (1, 4)).codes["code"].tolist() == [[1, 2, 3, 4]]
    assert high.unpack(b"\x21\x43", (1, 4)).codes["code"].tolist() == [[2, 1, 4, 3]]


@pytest.mark.parametrize("name", ["e3m2", "e2m3", "e2m2", "int3", "int5", "int6", "int7"])
def test_segments_are_arrays_of_the_top_bits_down(name, rng):
    """FP6: the top two bits in one array, the low four in another; FP5: 1 and 4."""
    scheme, width = storage.lookup(f"segments_{name}"), lookup(name).bits
    codes = rng.integers(0, 1 << width, (4, 32))
    scales = rng.integers(0, 1 << 16, (4, 1), np.uint16)
    parts = scheme.pack_parts(Quantized(scheme.operand, {"code": codes}, {"scale": scales}))
    left = width
    for size in (1, 2, 4):
        if not width & size:
            assert f"bits{size}" not in parts
            continue
        left -= size
        held = codes >> left & (1 << size) - 1
        wanted = [int(code) >> place & 1 for code in held.ravel() for place in range(size)]
        assert bits_of(parts[f"bits{size}"].tobytes()) == wanted
    np.testing.assert_array_equal(parts["scales"], scales)
    data = rng.integers(0, 256, scheme.size((4, 32)), np.uint8).tobytes()
    assert scheme.pack(scheme.unpack(data, (4, 32))) == data


def test_fp6_decodes_as_fp6_llm_does(rng):
    """Sign to bit 15, exponent and mantissa into FP16's, times 2**12, times the scale, in FP16."""
    scheme = storage.lookup("fp6_llm")
    codes = np.arange(64).reshape(1, 64)
    scale = np.array([[0.0123]], np.float16)
    held = Quantized(scheme.operand, {"code": codes}, {"scale": scale.view(np.uint16)})
    held = scheme.unpack(scheme.pack(held), (1, 64))
    placed = ((codes >> 5) << 15 | (codes & 31) << 8).astype(np.uint16).view(np.float16)
    wanted = placed * np.float16(4096) * scale
    np.testing.assert_array_equal(held.dequantize().astype(np.float16), wanted)


def spqr_by_hand(word, second):
    """One row of a tile: its scale, zero and weights in FP16, value by value."""
    ss, zs, sz, zz = (np.uint16(second >> 16 * i & 0xFFFF).view(np.float16) for i in range(4))
    scale = ss * (np.float16(word & 7) - sz)
    zero = zs * (np.float16(word >> 3 & 7) - zz)
    return [scale * (np.float16(word >> 6 + 3 * j & 7) - zero) for j in range(16)]


def test_spqr_tiles_are_read_as_in_its_host_code(rng):
    """Words built as tensor_compress_interleaved does, decoded as dequantize_compressed does."""
    scheme, words, weights = storage.lookup("spqr"), [], np.zeros((32, 48), np.float16)
    for tile in range(6):
        halves = rng.normal(size=4).astype(np.float16).view(np.uint16)
        second = sum(int(half) << 16 * i for i, half in enumerate(halves))
        for row in range(16):
            word = int(rng.integers(0, 1 << 54))
            word |= (second >> 8 * (row // 2) & 0xFF) << 54
            words.append(word)
            place = 16 * (tile % 3)
            weights[16 * (tile // 3) + row, place : place + 16] = spqr_by_hand(word, second)
    data = np.array(words, np.uint64).tobytes()
    held = scheme.unpack(data, (32, 48))
    np.testing.assert_array_equal(dequantize_fp16(held), weights)
    # The operand is exact where the kernels round thrice to FP16.
    np.testing.assert_allclose(held.dequantize(), weights, rtol=0, atol=0.05)
    assert scheme.pack(held) == data


def test_what_does_not_fit_is_refused():
    with pytest.raises(DesignError, match="high first needs 1, 2 or 4 bits an element, got 3"):
        storage.lookup("dense_uint3_high")
    with pytest.raises(DesignError, match="segments are for elements of 3, 5, 6 or 7 bits, got 4"):
        storage.lookup("segments_uint4")
