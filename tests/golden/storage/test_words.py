"""GPTQ's and AWQ's words against plain loops, written from their packing scripts' description."""

import numpy as np
import pytest
from macsmith.golden import DesignError, Quantized, UnknownName, load, storage
from macsmith.golden.storage.words import in_order
from second_models.onnx_model import matmul_nbits

GPTQ = [(2, 32), (3, 32), (4, 32), (4, 128), (8, 64), (3, None), (4, None)]


def name_of(bits, group):
    return f"gptq{bits}_" + (f"g{group}" if group else "row")


def drawn(rng, scheme, shape, scales=None):
    """q (N × K), z and s (N × groups)."""
    operand = scheme.operand
    spans = {level.name: level.span.shape(*shape) for level in operand.levels}
    high = operand.planes[0].element.high + 1
    values = rng.normal(size=spans["scale"]) if scales is None else scales(spans["scale"])
    return Quantized(
        operand,
        {"code": rng.integers(0, high, shape)},
        {
            "scale": values.astype(np.float16).view(np.uint16),
            "zero": rng.integers(0, high, spans["zero"]),
        },
    )


def gptq_words(values, bits):
    """A column of values as 32-bit words: AutoGPTQ's loop, with its cases for three bits."""
    words, i = [0] * (len(values) * bits // 32), 0
    if bits != 3:
        for row in range(len(words)):
            for place in range(32 // bits):
                words[row] |= int(values[i]) << bits * place
                i += 1
        return words
    for row in range(0, len(words), 3):
        v = [int(value) for value in values[i : i + 32]]
        for j in range(10):
            words[row] |= v[j] << 3 * j
        words[row] |= (v[10] & 3) << 30
        words[row + 1] |= v[10] >> 2
        for j in range(11, 21):
            words[row + 1] |= v[j] << (3 * (j - 11) + 1)
        words[row + 1] |= (v[21] & 1) << 31
        words[row + 2] |= v[21] >> 1
        for j in range(22, 32):
            words[row + 2] |= v[j] << (3 * (j - 22) + 2)
        i += 32
    return words


def gptq_by_hand(held, bits):
    q, z = held.codes["code"], held.scales["zero"]
    weight = [gptq_words(row, bits) for row in q]
    if bits == 3:
        zeros = [gptq_words((column.astype(int) - 1) & 7, bits) for column in z.T]
    else:  # whole words are counted down: a zero point of 0 borrows from the next
        ones = sum(1 << place for place in range(0, 32, bits))
        zeros = [[word - ones & 0xFFFFFFFF for word in gptq_words(row, bits)] for row in z.T]
    return {
        "qweight": np.array(weight, np.uint32).T,
        "qzeros": np.array(zeros, np.uint32),
        "scales": held.scales["scale"].T,
    }


@pytest.mark.parametrize(("bits", "group"), GPTQ)
def test_gptq_words_are_those_of_the_loop(bits, group, rng):
    scheme = storage.lookup(name_of(bits, group))
    held = drawn(rng, scheme, (64, 256))
    parts, wanted = scheme.pack_parts(held), gptq_by_hand(held, bits)
    for name, words in wanted.items():
        np.testing.assert_array_equal(parts[name], words, err_msg=name)
    groups = 256 // (group or 256)
    assert parts["qweight"].shape == (256 * bits // 32, 64)
    assert parts["qzeros"].shape == (groups, 64 * bits // 32)
    assert parts["scales"].shape == (groups, 64)


@pytest.mark.parametrize(("bits", "group"), GPTQ)
def test_gptq_checkpoints_are_read(bits, group, rng):
    """int32 words and float16 scales, as torch stores them; random words, so all bits occur."""
    scheme, groups = storage.lookup(name_of(bits, group)), 256 // (group or 256)
    parts = {
        "qweight": rng.integers(-(2**31), 2**31, (256 * bits // 32, 64)).astype(np.int32),
        "qzeros": rng.integers(-(2**31), 2**31, (groups, 64 * bits // 32)).astype(np.int32),
        "scales": rng.normal(size=(groups, 64)).astype(np.float16),
    }
    held = scheme.unpack_parts(parts, (64, 256))
    for name, words in gptq_by_hand(held, bits).items():
        np.testing.assert_array_equal(parts[name].view(words.dtype), words, err_msg=name)
    data = b"".join(words.tobytes() for words in parts.values())
    assert scheme.pack(storage.unpack(scheme, data, (64, 256))) == data
    q = held.codes["code"].astype(float)
    z, s = (np.repeat(held.scales[n], 256 // groups, axis=1) for n in ("zero", "scale"))
    weights = (q - z) * s.astype(np.uint16).view(np.float16).astype(float)
    np.testing.assert_allclose(held.dequantize(), weights, rtol=1e-13, atol=1e-13)


def test_version_2_stores_the_zeros_as_they_are(rng):
    first, second = storage.lookup("gptq4_g32"), storage.lookup("gptq4_g32_v2")
    held = drawn(rng, first, (32, 64))
    zeros = first.pack_parts(held)["qzeros"].view(np.uint8)
    again = second.pack_parts(held)["qzeros"].view(np.uint8)
    zeros, again = zeros.view(np.uint32), again.view(np.uint32)
    np.testing.assert_array_equal(again, zeros + np.uint32(0x11111111))
    assert (held.scales["zero"] == 0).any()


def test_the_operand_is_that_of_the_preset():
    from macsmith.designs import presets

    wanted = load(presets()["w4a16"]).arithmetic.weight
    assert storage.lookup("gptq4").operand == storage.lookup("awq4").operand == wanted


def test_awq_words_hold_columns_in_their_order(rng):
    """AutoAWQ: nibble i of a word holds column (0, 2, 4, 6, 1, 3, 5, 7)[i] of eight."""
    scheme = storage.lookup("awq4_g32")
    held = drawn(rng, scheme, (24, 64))
    parts = scheme.pack_parts(held)

    def words(matrix):
        found = np.zeros((len(matrix), matrix.shape[1] // 8), np.uint32)
        for row in range(found.shape[0]):
            for word in range(found.shape[1]):
                for place, column in enumerate((0, 2, 4, 6, 1, 3, 5, 7)):
                    found[row, word] |= int(matrix[row, 8 * word + column]) << 4 * place
        return found

    np.testing.assert_array_equal(parts["qweight"], words(held.codes["code"].T))
    np.testing.assert_array_equal(parts["qzeros"], words(held.scales["zero"].T))
    np.testing.assert_array_equal(parts["scales"], held.scales["scale"].T)
    data = rng.integers(0, 256, scheme.size((24, 64)), np.uint8).tobytes()
    assert scheme.pack(scheme.unpack(data, (24, 64))) == data


@pytest.mark.parametrize("name", ["gptq4_g32", "awq4_g32"])
def test_weights_are_those_of_onnxruntime(name, rng):
    """Its MatMulNBits on the identity, with power-of-two scales: exact."""
    scheme, shape = storage.lookup(name), (16, 64)
    given = drawn(rng, scheme, shape, lambda shape: 2.0 ** rng.integers(-6, 6, shape))
    held = scheme.unpack_parts(scheme.pack_parts(given), shape)
    scales = held.scales["scale"].view(np.float16).astype(np.float32)
    found = matmul_nbits(np.eye(64), held.codes["code"], scales, held.scales["zero"], 32)
    np.testing.assert_array_equal(found.T, held.dequantize())


def test_act_order_is_refused_or_sorted(rng):
    scheme = storage.lookup("gptq4_g32")
    plain = drawn(rng, scheme, (8, 128))
    parts = scheme.pack_parts(plain)
    counted = np.arange(128, dtype=np.int32) // 32
    assert scheme.unpack_parts({**parts, "g_idx": counted}, (8, 128)).codes["code"].shape == (
        8,
        128,
    )
    shuffled = rng.permutation(counted)
    with pytest.raises(DesignError, match="g_idx scatters the groups over K"):
        scheme.unpack_parts({**parts, "g_idx": shuffled}, (8, 128))
    held, order = storage.unpack_act_order(scheme, {**parts, "g_idx": shuffled}, (8, 128))
    q = plain.codes["code"].astype(float)
    z, s = plain.scales["zero"][:, shuffled], plain.scales["scale"].view(np.float16)[:, shuffled]
    weights, x = (q - z) * s.astype(float), rng.normal(size=128)
    np.testing.assert_allclose(held.dequantize() @ x[order], weights @ x)
    with pytest.raises(DesignError, match="each group 32 inputs"):
        in_order(np.where(counted == 1, 0, counted), 32)


def test_errors_name_what_is_wrong(rng):
    scheme = storage.lookup("gptq4_g32")
    parts = scheme.pack_parts(drawn(rng, scheme, (8, 64)))
    with pytest.raises(DesignError, match="part 'scales' is missing"):
        scheme.unpack_parts({n: w for n, w in parts.items() if n != "scales"}, (8, 64))
    with pytest.raises(UnknownName, match="unknown part of gptq4_g32 'qzero'; close ones: qzeros"):
        scheme.unpack_parts({**parts, "qzero": parts["qzeros"]}, (8, 64))
    with pytest.raises(
        DesignError, match=r"qweight must be \(8, 8\) words of 32 bits, got \(4, 8\)"
    ):
        scheme.unpack_parts({**parts, "qweight": parts["qweight"][:4]}, (8, 64))
    with pytest.raises(DesignError, match="gptq4_g32: rows must be whole blocks of 8, got 12"):
        scheme.unpack(b"", (12, 64))
    with pytest.raises(DesignError, match="word 7 of qweight needs bytes 28…31, the data end be"):
        scheme.unpack(bytes(30), (8, 64))
    with pytest.raises(DesignError, match="block 1 of qzeros needs bytes 260…263, the data end"):
        scheme.unpack(bytes(261), (8, 64))
