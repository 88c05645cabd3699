"""DFloat11: exact, with a code that is canonical in length, decoded as its kernel does."""

import heapq
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from macsmith.golden import DesignError, Operand, Plane, Quantized, UnknownName, lookup, storage
from macsmith.golden.storage import DFloat11
from macsmith.golden.storage.huffman import END, codes, limited, tables
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

BF16 = Operand((Plane(lookup("bf16")),))


def bf16(values):
    return Quantized(BF16, {"code": lookup("bf16").encode(values)})


@cache
def trained():
    """The first layer of a small classifier of digits."""
    x, y = load_digits(return_X_y=True)
    model = MLPClassifier((48,), solver="lbfgs", max_iter=15, random_state=0)
    with pytest.warns(match="lbfgs failed to converge"):
        model.fit(x / 16, y)
    return model.coefs_[0]


def exponents(held):
    return (np.asarray(held.codes["code"]).astype(int) >> 7 & 0xFF).ravel()


def counted(held):
    symbols, counts = np.unique(exponents(held), return_counts=True)
    return dict(zip(symbols.tolist(), counts.tolist(), strict=True))


WEIGHTS = {
    "normal": lambda: np.random.default_rng(1).normal(size=(256, 320)) / 40,
    "trained": trained,
    "wide": lambda: np.ldexp(1.0, np.random.default_rng(2).integers(-126, 112, (64, 64))),
    "alike": lambda: np.full((1, 3), -0.5),
    "zeros": lambda: np.zeros((40, 1000)),
    "skewed": lambda: np.ldexp(1.0, -np.random.default_rng(3).geometric(0.5, (100, 400))),
}


@pytest.mark.parametrize("threads", [1, 4, 512])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_weights_come_back_to_the_bit(weights, threads):
    held = bf16(WEIGHTS[weights]())
    scheme = DFloat11(threads)
    parts = scheme.pack_parts(held)
    found = scheme.unpack_parts(parts, held.shape)
    np.testing.assert_array_equal(found.codes["code"], held.codes["code"])
    np.testing.assert_array_equal(found.dequantize(), held.dequantize())


@pytest.mark.parametrize("weights", ["normal", "trained"])
def test_real_weights_shrink_to_about_eleven_bits(weights):
    held = bf16(WEIGHTS[weights]())
    parts = storage.lookup("dfloat11").pack_parts(held)
    size = len(parts["encoded_exponent"]) + len(parts["sign_mantissa"])
    bits = 8 * size / exponents(held).size
    assert 10 < bits < 11.5


@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_code_is_as_short_as_any(weights):
    """Kraft's sum is 1, and the length is the sum of all merges, which Huffman's theorem bounds."""
    counts = counted(bf16(WEIGHTS[weights]()))
    found = codes(counts)
    assert sum(Fraction(1, 2**length) for length, _ in found.values()) == 1
    heap, cost = [1, *counts.values()], 0
    heapq.heapify(heap)
    while len(heap) > 1:
        merged = heapq.heappop(heap) + heapq.heappop(heap)
        heapq.heappush(heap, merged)
        cost += merged
    weight = {**counts, END: 1}
    assert sum(weight[symbol] * length for symbol, (length, _) in found.items()) == cost
    texts = sorted(f"{value:0{length}b}" for length, value in found.values())
    assert not any(b.startswith(a) for a, b in zip(texts, texts[1:], strict=False))


def test_ties_fall_as_in_dahuffman():
    """Its tree by hand: END and 7 merge first, then their pair and 5, of weight 2 as 6 is."""
    found = codes({7: 1, 5: 2, 6: 2})
    assert found == {6: (1, 0b0), END: (3, 0b100), 7: (3, 0b101), 5: (2, 0b11)}


def kernel(parts, count, threads):
    """The decoding kernel in plain Python: a thread for each 8 bytes, each symbol by tables."""
    stream = parts["encoded_exponent"].tolist() + [0] * 12
    gaps = "".join(f"{byte:08b}" for byte in parts["gaps"])
    luts, found = parts["luts"], []
    for thread in range(-(-(len(stream) - 12) // 8)):
        text = "".join(f"{byte:08b}" for byte in stream[8 * thread : 8 * thread + 12])
        place = int(gaps[5 * thread : 5 * thread + 5], 2)
        if thread % threads == 0:
            assert parts["output_positions"][thread // threads] == len(found)
        while place < 64 and len(found) < count:
            table, at = luts[0], place
            while table[int(text[at : at + 8], 2)] >= 240:
                table, at = luts[256 - int(table[int(text[at : at + 8], 2)])], at + 8
                text += "0" * 8
            symbol = table[int(text[at : at + 8].ljust(8, "0"), 2)]
            found.append(int(symbol))
            place += int(luts[-1][symbol])
    assert parts["output_positions"][-1] == count == len(found)
    return found


@pytest.mark.parametrize("threads", [2, 512])
@pytest.mark.parametrize("weights", ["trained", "wide", "alike", "skewed"])
def test_the_kernels_loop_decodes_the_stream(weights, threads):
    held = bf16(WEIGHTS[weights]())
    parts = DFloat11(threads).pack_parts(held)
    assert kernel(parts, exponents(held).size, threads) == exponents(held).tolist()
    assert len(parts["gaps"]) == -(-5 * threads * (len(parts["output_positions"]) - 1) // 8)


def fibonacci(levels):
    """Counts whose tree is a ladder: the longest code has ``levels`` bits."""
    found = [1, 1]
    while len(found) < levels:
        found.append(found[-1] + found[-2])
    return {symbol: count for symbol, count in enumerate(found, 60)}


@pytest.mark.parametrize("levels", [9, 17, 25, 31])
def test_long_codes_need_more_tables(levels):
    """Every symbol through the tables, bit by bit."""
    found = codes(fibonacci(levels))
    assert max(length for length, _ in found.values()) == levels
    luts = tables(found)
    assert len(luts) == 1 + -(-max(n for s, (n, _) in found.items() if s != END) // 8)
    for symbol, (length, value) in found.items():
        if symbol != END:
            text, table, at = f"{value:0{length}b}".ljust(40, "0"), luts[0], 0
            while table[int(text[at : at + 8], 2)] >= 240:
                table, at = luts[256 - int(table[int(text[at : at + 8], 2)])], at + 8
            assert table[int(text[at : at + 8], 2)] == symbol
            assert luts[-1][symbol] == length


def longest(counts):
    return max(length for length, _ in codes(counts).values())


@pytest.mark.parametrize("levels", range(33, 49))
def test_codes_of_more_than_32_bits_are_flattened(levels):
    counts = fibonacci(levels)
    assert longest(counts) == levels
    found = limited(counts)
    assert max(length for length, _ in found.values()) <= 32
    assert sum(Fraction(1, 2**length) for length, _ in found.values()) == 1
    rarest = sorted(counts, key=lambda symbol: counts[symbol])
    few = next(
        n for n in range(2, levels) if longest({**counts, **dict.fromkeys(rarest[:n], 1)}) <= 32
    )
    assert found == codes({**counts, **dict.fromkeys(rarest[:few], 1)})
    assert limited(fibonacci(30)) == codes(fibonacci(30))


@pytest.mark.parametrize("count", range(1, 30))
def test_the_end_marker_fills_the_last_byte(count):
    held = bf16(np.ldexp(1.0, np.random.default_rng(count).integers(0, 9, (1, count))))
    found = codes(counted(held))
    texts = [f"{found[s][1]:0{found[s][0]}b}" for s in [*exponents(held).tolist(), END]]
    text = "".join(texts)[: -(-sum(map(len, texts[:-1])) // 8) * 8]
    stream = storage.lookup("dfloat11").pack_parts(held)["encoded_exponent"]
    assert "".join(f"{byte:08b}" for byte in stream) == text.ljust(8 * len(stream), "0")


def test_errors_are_of_one_line():
    scheme = storage.lookup("dfloat11")
    with pytest.raises(DesignError, match=r"exponents below 240, got 255 \(infinity and NaN"):
        scheme.pack_parts(Quantized(BF16, {"code": np.array([[0x3F80, 0x7F80]], np.uint16)}))
    held = bf16(np.ones((2, 3)))
    parts = scheme.pack_parts(held)
    with pytest.raises(DesignError, match="its parts have no fixed length; use pack_parts"):
        scheme.pack(held)
    with pytest.raises(
        DesignError, match="2 × 4 elements need as many bytes of sign_mantissa, got 6"
    ):
        scheme.unpack_parts(parts, (2, 4))
    with pytest.raises(DesignError, match="part 'gaps' is missing"):
        scheme.unpack_parts({n: p for n, p in parts.items() if n != "gaps"}, (2, 3))
    with pytest.raises(UnknownName, match="unknown part of dfloat11 'gap'"):
        scheme.unpack_parts({**parts, "gap": parts["gaps"]}, (2, 3))
    with pytest.raises(DesignError, match="512 gaps need 320 bytes, got 2"):
        scheme.unpack_parts({**parts, "gaps": parts["gaps"][:2]}, (2, 3))
    with pytest.raises(DesignError, match="1 blocks need as many output positions"):
        scheme.unpack_parts({**parts, "output_positions": np.array([0, 5])}, (2, 3))
    lost = {**parts, "luts": np.zeros_like(parts["luts"])}
    with pytest.raises(DesignError, match="block 0 has 0 codes, not enough"):
        scheme.unpack_parts(lost, (2, 3))
