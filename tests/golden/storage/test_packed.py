"""compressed-tensors' words against plain loops, written from ``pack_to_int32``'s description."""

import numpy as np
import pytest
from macsmith.golden import DesignError, Quantized, storage

CASES = [(2, 32), (3, 64), (4, 32), (4, 128), (5, 32), (6, 64), (7, 32), (8, 64), (4, None)]


def name_of(bits, group, zeros=False):
    return f"packed{bits}_" + (f"g{group}" if group else "row") + "_zero" * zeros


def words_of(codes, bits):
    """Two's complement codes of a row as words: shifted to unsigned, then bits one after another,
    the lowest first, in numbers of 32 bits."""
    whole = 0
    for place, code in enumerate(codes):
        whole |= (int(code) + (1 << bits - 1)) % (1 << bits) << bits * place
    count = -(-len(codes) * bits // 32)
    return [whole >> 32 * n & 0xFFFFFFFF for n in range(count)]


def drawn(rng, scheme, shape):
    spans = {level.name: level.span.shape(*shape) for level in scheme.operand.levels}
    high = 1 << scheme.operand.planes[0].element.bits
    scales = {"scale": rng.normal(size=spans["scale"]).astype(np.float16).view(np.uint16)}
    if "zero" in spans:
        scales["zero"] = rng.integers(0, high, spans["zero"])
    return Quantized(scheme.operand, {"code": rng.integers(0, high, shape)}, scales)


@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize(("bits", "group"), CASES)
def test_words_are_those_of_the_loop(bits, group, zeros):
    rng = np.random.default_rng(bits)
    scheme = storage.lookup(name_of(bits, group, zeros))
    held = drawn(rng, scheme, (64, 256))
    parts = scheme.pack_parts(held)
    wanted = np.array([words_of(row, bits) for row in held.codes["code"]], np.uint32)
    np.testing.assert_array_equal(parts["weight_packed"].view(np.uint32), wanted)
    np.testing.assert_array_equal(
        parts["weight_scale"].view(np.uint16).reshape(held.scales["scale"].shape),
        held.scales["scale"],
    )
    assert ("weight_zero_point" in parts) == zeros
    if zeros:
        columns = [words_of(column, bits) for column in held.scales["zero"].T]
        words = np.array(columns, np.uint32).T
        np.testing.assert_array_equal(parts["weight_zero_point"].view(np.uint32), words)
    back = scheme.unpack_parts(parts, (64, 256))
    np.testing.assert_array_equal(back.codes["code"], held.codes["code"])


def test_weights_are_scale_times_code_less_zero():
    """The words and values of pack_to_int32's own example, and what they mean."""
    scheme = storage.lookup("packed8_row")
    words = np.array([[33409]], np.int32)  # 1 and 2, beside nothing
    held = scheme.unpack_parts(
        {"weight_packed": words, "weight_scale": np.array([[0.5]], np.float16)}, (1, 2)
    )
    assert held.dequantize().tolist() == [[0.5, 1.0]]
    scheme = storage.lookup("packed4_row_zero")
    parts = {
        "weight_packed": np.full((8, 1), 0xF, np.int32),  # 7, and -8 seven times
        "weight_zero_point": np.full((1, 1), 0x01234567, np.int32),  # -1, -2 … -8
        "weight_scale": np.ones((8, 1), np.float16),
    }
    made = scheme.unpack_parts(parts, (8, 8)).dequantize()
    assert made[:, 0].tolist() == [8, 9, 10, 11, 12, 13, 14, 15]
    assert made[:, 1].tolist() == [-7, -6, -5, -4, -3, -2, -1, 0]


def test_scales_may_have_other_formats():
    scheme = storage.lookup("packed4_g32")
    held = drawn(np.random.default_rng(1), scheme, (8, 64))
    parts = scheme.pack_parts(held)
    parts["weight_scale"] = np.ones((8, 2), np.float32)
    found = scheme.unpack_parts(parts, (8, 64))
    assert found.operand == storage.lookup("packed4_g32_fp32").operand
    np.testing.assert_array_equal(found.dequantize(), (held.codes["code"] ^ 8).astype(float) - 8)


def test_rows_of_zero_points_are_whole_words():
    scheme = storage.lookup("packed4_g32_zero")
    with pytest.raises(DesignError, match="8"):
        scheme.pack_parts(drawn(np.random.default_rng(1), scheme, (12, 64)))


def test_bits_are_two_to_eight():
    from macsmith.golden.storage.packed import packed

    with pytest.raises(DesignError, match="packed integers have 2 to 8 bits, got 9"):
        packed(9)
