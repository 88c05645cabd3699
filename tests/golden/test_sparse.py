"""Sparse weights against plain loops over what they keep; indices against PyTorch's table."""

from dataclasses import replace

import numpy as np
import pytest
from macsmith.golden import (
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Operand,
    Plane,
    Quantized,
    Sparse,
    from_toml,
    lookup,
    matmul,
    quantize,
    raw,
    sparse,
    to_toml,
)
from macsmith.golden.description import Level, Output, Span, Stage, group

from macsmith import Options, design

STRUCTURES = [Sparse(1, 4), Sparse(2, 4), Sparse(4, 8), Sparse(3, 5)]


def engine(structure, weight="int4", activation="int8", lanes=1, k_max=None, **options):
    arithmetic = raw(weight, activation, k_max=k_max or 16 * structure.window, **options)
    arithmetic = replace(arithmetic, weight=replace(arithmetic.weight, structure=structure))
    return Engine("x", (arithmetic,), Build(2, 2, lanes * structure.kept))


def places(rng, structure, rows, windows):
    """Ascending places of every window, one after the other: (rows, windows · kept)."""
    found = [
        [
            sorted(rng.choice(structure.window, structure.kept, replace=False))
            for _ in range(windows)
        ]
        for _ in range(rows)
    ]
    return np.array(found).reshape(rows, -1)


def expected(values, indices, activation, structure):
    """Sums over the kept elements, in plain loops."""
    rows, kept = values.shape
    found = np.zeros((rows, len(activation)))
    for r in range(rows):
        for m in range(len(activation)):
            for j in range(kept):
                k = j // structure.kept * structure.window + indices[r, j]
                found[r, m] += values[r, j] * activation[m, k]
    return found


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
@pytest.mark.parametrize("pair", ["int4 int8", "e2m1 e2m1", "binary int4"])
def test_products_are_of_what_is_kept(structure, pair):
    rng, (weight, activation) = np.random.default_rng(2), map(lookup, pair.split())
    design = engine(structure, *pair.split())
    indices = places(rng, structure, 5, 4)
    w = rng.choice(weight.legal, indices.shape).astype(weight.dtype)
    a = rng.choice(activation.legal, (3, 4 * structure.window)).astype(activation.dtype)
    held = Quantized(design.arithmetic.weight, {"code": w}, indices=indices)
    wanted = expected(weight.decode(w), indices, activation.decode(a), structure)
    assert (matmul(design, held, a).decode() == wanted).all()
    if weight.has_zero:
        assert (held.dequantize() @ activation.decode(a).T == wanted).all()


def test_what_is_not_kept_meets_no_infinity():
    """Unlike a zero that is there."""
    design = engine(Sparse(2, 4), "int4", "e5m2")
    a = np.zeros((1, 4), np.uint8)
    a[0, 1] = 0b11111 << 2
    for indices, nan in (([[0, 2]], False), ([[0, 1]], True)):
        held = Quantized(
            design.arithmetic.weight,
            {"code": np.zeros((1, 2), np.uint8)},
            indices=np.array(indices),
        )
        assert matmul(design, held, a).flags.nan.item() == nan


def test_scales_of_groups_rows_and_columns():
    """Groups of 8 elements, 4 of them kept; a scale for two rows, and one for each column."""
    levels = (Level(lookup("fp16"), group(8), "a"), Level(lookup("fp32"), Span(2), "b"))
    operands = (
        Operand((Plane(lookup("int4"), levels),), structure=Sparse(2, 4)),
        Operand((Plane(lookup("int8"), (Level(lookup("fp16"), group(16)),)),)),
    )
    whole = Arithmetic(
        *operands,
        accumulate=(Stage(), Stage("fp", format=lookup("fp32"))),
        output=Output(lookup("fp32")),
        k_max=64,
    )
    rng = np.random.default_rng(3)
    w, a = (
        quantize(rng.normal(size=shape), operand)
        for shape, operand in zip([(4, 32), (3, 32)], operands, strict=True)
    )
    found = matmul(Engine("x", (whole,), Build(1, 1, 4)), w, a)
    # The same of a dense engine, whose zeros add nothing to exact sums of groups.
    dense = replace(whole, weight=replace(operands[0], structure=None))
    codes = np.zeros((4, 32), np.uint8)
    np.put_along_axis(codes, Sparse(2, 4).positions(w.indices), w.codes["code"], 1)
    wanted = matmul(
        Engine("x", (dense,), Build(1, 1, 4)), Quantized(dense.weight, {"code": codes}, w.scales), a
    )
    assert (found.values == wanted.values).all()
    assert np.abs(found.decode()).max() > 1


#: Which of four elements are zero -> the indices of cuSPARSELt and PyTorch, of up to two others.
TABLE = {
    "0000": (2, 3), "1000": (0, 2), "0100": (1, 2), "0010": (2, 3), "0001": (2, 3),
    "1100": (0, 1), "1010": (0, 2), "1001": (0, 3), "0110": (1, 2), "0101": (1, 3), "0011": (2, 3),
}  # fmt: skip

#: Words of two indices.
NIBBLES = {(0, 1): 0b0100, (0, 2): 0b1000, (1, 2): 0b1001, (0, 3): 0b1100, (1, 3): 0b1101,
           (2, 3): 0b1110}  # fmt: skip


@pytest.mark.parametrize("pattern", TABLE)
def test_indices_of_two_in_four_are_those_of_the_table(pattern):
    found = sparse.prune(np.array([[float(c) for c in pattern]]), Sparse(2, 4))[0]
    assert tuple(found) == TABLE[pattern]
    word = sparse.metadata(np.tile(found, (1, 4)), Sparse(2, 4))
    assert word == NIBBLES[TABLE[pattern]] * 0x1111


@pytest.mark.parametrize("structure, bits", [(Sparse(2, 4), 32), (Sparse(4, 8), 24)])
def test_metadata_and_back(structure, bits):
    indices = places(np.random.default_rng(1), structure, 3, 8)
    words = sparse.metadata(indices, structure, bits)
    assert words.shape == (3, indices.size // 3 * structure.index_bits // bits)
    assert words[0, 0] & (1 << structure.index_bits) - 1 == indices[0, 0]
    assert (sparse.from_metadata(words, structure, bits) == indices).all()


def test_pruning_keeps_the_greatest():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(6, 40))
    for structure in (Sparse(1, 4), Sparse(2, 4), Sparse(4, 8)):
        held = quantize(x, replace(raw("int16", "int8").weight, structure=structure))
        windows = np.abs(x).reshape(6, -1, structure.window)
        kept = np.zeros_like(x, bool)
        np.put_along_axis(kept, structure.positions(held.indices), True, 1)
        kept = kept.reshape(windows.shape)
        assert (kept.sum(axis=-1) == structure.kept).all()
        least = np.where(kept, windows, np.inf).min(axis=-1)
        assert (least >= np.where(kept, 0, windows).max(axis=-1)).all()


@pytest.mark.parametrize("structure", STRUCTURES[:3], ids=str)
def test_dense_regions_are_repeated_until_all_is_kept(structure):
    """The product with a mixed matrix is that with all of its dense and what is kept elsewhere."""
    rng, windows = np.random.default_rng(7), 6
    dense = np.array([1, 0, 0, 1, 1, 0], bool)
    x = rng.integers(-7, 8, (4, windows * structure.window)).astype(float)
    pruned = x.copy()
    for r in range(4):
        for n in np.flatnonzero(~dense):
            part = pruned[r, n * structure.window : (n + 1) * structure.window]
            part[np.argsort(-np.abs(part), kind="stable")[structure.kept :]] = 0
    a = rng.integers(0, 256, (3, x.shape[1])).astype(np.uint8)
    design = engine(structure)
    values, columns = sparse.mixed(pruned, dense, structure)
    held = quantize(values, design.arithmetic.weight)
    again = -(-structure.window // structure.kept)
    assert len(columns) == (3 + 3 * again) * structure.window
    wanted = pruned @ lookup("int8").decode(a).T
    assert (matmul(design, held, a[:, columns]).values == wanted).all()


def test_scales_are_of_what_is_kept():
    """Zeros that are not there bring no mean down, and are no value that a code is for."""
    levels = (Level(lookup("fp32"), group(8)),)
    for name in ("binary", "ternary"):
        operand = Operand((Plane(lookup(name), levels),), structure=Sparse(2, 4))
        for rule in (None, "mse"):
            held = quantize(np.array([[1, -1, 0, 0, 0, 1, 0, 1.0]]), operand, scale_rule=rule)
            assert (held.scales["scale"] == lookup("fp32").encode(np.array([[1.0]]))).all()
            assert held.dequantize().tolist() == [[1, -1, 0, 0, 0, 1, 0, 1]]


def test_unsigned_numbers_are_pruned_as_they_are():
    found = sparse.prune(np.array([[0, 0, 1, 2], [0, 3, 0, 0]], np.uint8), Sparse(2, 4))
    assert found.tolist() == [[2, 3], [1, 2]]
    assert sparse.prune(np.array([[-128, 1, 2, 0]], np.int8), Sparse(1, 4)).tolist() == [[0]]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: sparse.prune(np.zeros(4), Sparse(2, 4)), "rows × K, got shape"),
        (lambda: sparse.prune(np.array([[np.nan] * 4]), Sparse(2, 4)), "finite"),
        (lambda: sparse.mixed(np.ones((1, 5)), [True], Sparse(3, 5)), "must divide a window of 5"),
        (lambda: sparse.mixed(np.ones((1, 8)), [True], Sparse(2, 4)), "say of 2 windows"),
        (lambda: sparse.metadata(np.zeros((1, 4), int), Sparse(4, 8)), "have 3 bits"),
        (lambda: sparse.metadata(np.zeros((1, 6), int), Sparse(2, 4)), "holds 8 indices, got 6"),
        (lambda: sparse.metadata(np.zeros((1, 64), int), Sparse(2, 4), 128), "up to 64, got 128"),
        (lambda: sparse.from_metadata([[0]], Sparse(4, 8)), "have 3 bits"),
        (lambda: sparse.from_metadata([[0]], Sparse(2, 4), 0), "got 0"),
    ],
)
def test_helpers_refuse(call, message):
    with pytest.raises(DesignError, match=message):
        call()


def test_indices_of_any_integer_type():
    design = engine(Sparse(2, 4))
    operand, codes = design.arithmetic.weight, {"code": np.ones((1, 4), np.uint8)}
    for kind in (np.uint64, np.int8, np.int64):
        held = Quantized(operand, codes, indices=np.array([[0, 3, 1, 2]], kind))
        assert matmul(design, held, np.arange(8, dtype=np.uint8)[None]).values == 0 + 3 + 5 + 6
    with pytest.raises(DesignError, match="indices must be integers, got float64"):
        Quantized(operand, codes, indices=np.array([[0.0, 3, 1, 2]]))
    none = Quantized(operand, {"code": np.zeros((0, 4), np.uint8)}, indices=np.zeros((0, 4), int))
    with pytest.raises(DesignError, match="needs a row at least"):
        matmul(design, none, np.zeros((1, 8), np.uint8))


def test_overflows_are_judged_by_what_is_kept():
    stages = (Stage(span=16), Stage("fp", format=lookup("fp16")))
    more = {"accumulate": stages, "output": Output(lookup("int8"))}
    weight = Operand((Plane(lookup("int4")),), structure=Sparse(1, 4))
    Arithmetic(weight, Operand((Plane(lookup("int4")),)), k_max=128, **more)
    with pytest.raises(DesignError, match="cannot hold NaN"):
        raw("int4", "int4", k_max=128, **more)


def test_widths_are_of_what_is_kept():
    assert matmul_range(Sparse(2, 4)).high == 8 * 128 * 32
    assert matmul_range(Sparse(1, 4)).high == 8 * 128 * 16


def matmul_range(structure):
    design = engine(structure, k_max=64)
    held = quantize(np.ones((1, structure.window)), design.arithmetic.weight)
    return matmul(design, held, np.zeros((1, structure.window), np.uint8)).format


def test_a_design_comes_back_from_its_text():
    built = design("int4xint8", Options(sparse="2:4", group=32))
    assert from_toml(to_toml(built)) == built
    assert str(built.arithmetic.weight.structure) == "2:4"
    assert built.arithmetic.compressed.group == 16


@pytest.mark.parametrize(
    "given, message",
    [
        ({"sparse": ""}, "kept:window, such as 2:4; got ''"),
        (
            {"sparse": "2:4", "group": 16, "lanes": 16},
            "the 8 elements that 2:4 keeps of the group of 16",
        ),
        ({"sparse": "2"}, "kept:window, such as 2:4; got '2'"),
        ({"sparse": "4:4"}, "keeps 1 to 63 elements of a longer window"),
        ({"sparse": "2:5"}, "k-max must be a multiple of 5"),
        ({"sparse": "2:4", "group": 6}, "multiple of 4"),
        (
            {"sparse": "2:4", "lanes": 1},
            "whole windows of 2:4, multiples of 2, got 1: choose --lanes 2",
        ),
        ({"sparse": "2:4", "lanes": 6}, "the 2048 elements that 2:4 keeps of k-max = 4096, got 6"),
        ({"sparse": "2:4", "group": 32, "zero_point": "int4"}, "takes no zero points"),
    ],
)
def test_what_it_refuses(given, message):
    with pytest.raises(DesignError, match=message):
        design("int4xint8", Options(**given))


@pytest.mark.parametrize(
    "codes, indices, message",
    [
        ((1, 4), None, "the indices of what it keeps go together"),
        ((1, 3), (1, 3), "ascend within a window, from 0 to 3"),
        ((1, 4), (1, 2), r"indices must be rows × kept = \(1, 4\), got \(1, 2\)"),
        ((1, 4), (1, 4), "ascend within a window, from 0 to 3"),
    ],
)
def test_operands_that_are_not_sparse(codes, indices, message):
    operand = engine(Sparse(2, 4)).arithmetic.weight
    given = None if indices is None else np.zeros(indices, np.uint8)
    with pytest.raises(DesignError, match=message):
        Quantized(operand, {"code": np.zeros(codes, np.uint8)}, indices=given)


def test_scales_that_are_asked_for_leave_it_sparse():
    for given in ({"group": 64}, {"scale": "bf16"}):
        built = design("sparse_marlin", Options(**given))
        assert built.arithmetic.weight.structure == Sparse(2, 4)
    with pytest.raises(DesignError, match="takes no zero points"):
        design("nm_sparse", Options(zero_point="int8", scale="fp16"))
