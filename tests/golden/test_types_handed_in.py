"""Matrices, scales, biases and values of every type: taken for what they are, or refused."""

from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest
from array_types import INTEGERS, OWN, TYPES, dtype, ones
from macsmith.golden import (
    ROW,
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Quantized,
    Select,
    Sparse,
    Stage,
    lookup,
    matmul,
    quantize,
    raw,
    sparse,
)
from macsmith.golden.formats.files import code_book, read_code_book


def wide_float(fmt):
    return lookup(fmt).type_only and lookup(fmt).bits > 8


# --- What matrices are made of


def scaled(element, scale, **more):
    return Operand((Plane(lookup(element), (Level(lookup(scale), ROW),)),), **more)


@pytest.mark.parametrize("scale", ["fp32", "fp16", "bf16", "e8m0", "e4m3", "ue4m3", "uint4"])
@pytest.mark.parametrize("given", TYPES)
def test_scales_of_one_are_one_or_refused(scale, given):
    """Scales of float formats: no integer but the code's own unsigned type is taken for one."""
    operand, fmt = scaled("int8", scale), lookup(scale)
    sent = ones(given, (2, 1))
    own = OWN[scale] == given
    if own or dtype(given) == fmt.dtype or (given in INTEGERS and scale == "uint4"):
        held = Quantized(operand, {"code": np.ones((2, 4), np.int8)}, {"scale": sent})
        one = 1.0 if own or scale == "uint4" else float(fmt.decode(1))
        assert (held.dequantize() == one).all()
    else:
        with pytest.raises(DesignError, match=f"codes of {scale} must be"):
            Quantized(operand, {"code": np.ones((2, 4), np.int8)}, {"scale": sent})


@pytest.mark.parametrize("given", TYPES)
def test_selections_and_indices_are_integers(given):
    tables = {"codes": {"code": np.ones((1, 4), np.uint8)}}
    plane, sent = Plane(lookup("bitmod4")), ones(given, (1, 1))
    selected = Operand((plane,), select=_select())
    places = np.array([[0.0, 1, 0, 1]]) if given == "object" else np.array([[0, 1, 0, 1]])
    indices = places.astype(dtype(given))
    pruned = Operand((Plane(lookup("int8")),), structure=Sparse(2, 4))
    calls = [
        lambda: Quantized(selected, tables["codes"], select=sent).select.tolist() == [[1]],
        lambda: (
            Quantized(pruned, tables["codes"], indices=indices).dequantize().tolist()
            == [[1, 1, 0, 0] * 2]
        ),
        lambda: sparse.metadata(np.tile(indices, 2), Sparse(2, 4)).tolist() == [[0x4444]],
        lambda: (
            sparse.compress(_dense(), Sparse(2, 4), indices).dequantize().tolist()
            == [[1, 2, 0, 0, 5, 6, 0, 0]]
        ),
    ]
    for call in calls:
        if given in INTEGERS:
            assert call()
        else:
            with pytest.raises(DesignError, match="must be integers"):
                call()


def _select():
    return Select(lookup("bitmod4").select_width, ROW)


def _dense():
    return Quantized(Operand((Plane(lookup("int8")),)), {"code": np.arange(1, 9)[None]})


def test_python_s_integers_are_whole_numbers():
    pruned = Operand((Plane(lookup("int8")),), structure=Sparse(2, 4))
    for indices in ([[0, 3]], np.array([[0, 3]], object)):
        held = Quantized(pruned, {"code": [[1, 2]]}, indices=indices)
        assert held.dequantize().tolist() == [[1, 0, 0, 2]]
    truths = np.array([[False, True]], object)
    for wrong in ([[-1, 3]], [[0, 4]], [[0, 1 << 40]], [[False, True]], truths):
        with pytest.raises(DesignError, match="indices must"):
            Quantized(pruned, {"code": [[1, 2]]}, indices=wrong)
    selected = Operand((Plane(lookup("bitmod4")),), select=_select())
    for wrong in ([[4]], [[-1]], [[0.0]], [[True]]):
        with pytest.raises(DesignError, match="selections must"):
            Quantized(selected, {"code": [[1, 2]]}, select=wrong)


def test_metadata_are_words_of_their_width():
    words = np.array([[0xE4E4, 0x4444]], np.uint16)
    wanted = [[0, 1, 2, 3] * 2 + [0, 1] * 4]
    for given in (words, words.view(np.int16), words.astype(np.int64), words.tolist()):
        assert sparse.from_metadata(given, Sparse(2, 4)).tolist() == wanted
    for given in (words.astype(float), words.view(np.float16), words.astype(np.int64) - 1 << 16):
        with pytest.raises(DesignError, match="words must"):
            sparse.from_metadata(given, Sparse(2, 4))


# --- matmul


def engine(weight="int8", activation="int8", **more):
    return Engine("x", (raw(weight, activation, **more),), Build(1, 1, 4))


@pytest.mark.parametrize("name", ["int8", "e4m3", "e2m1", "bf16", "fp16", "int4"])
@pytest.mark.parametrize("given", TYPES)
def test_products_of_ones(name, given):
    """1 · 1, four times; the code 1 where integers are codes; nothing where they are not."""
    fmt, sent = lookup(name), ones(given)
    wide = {"accumulate": (Stage("aligned", format=lookup("fp32"), fraction=24, terms=4),)}
    made = engine(name, name, **(wide if name == "bf16" else {}))
    own = given == OWN[name] and given not in INTEGERS
    integer = given in INTEGERS and (not wide_float(name) or dtype(given) == fmt.dtype)
    if own or integer:
        one = 1.0 if own else float(fmt.decode(1))
        wanted = 0 if name == "bf16" and not own else 4 * one * one  # FP32 does not hold 2**-264
        assert matmul(made, sent, sent).decode().tolist() == [[wanted]]
    else:
        with pytest.raises(DesignError, match=f"codes of {name} must be"):
            matmul(made, sent, sent)


@pytest.mark.parametrize("given", TYPES)
def test_sums_start_from_integers(given):
    made, codes = engine(initial=lookup("int16")), np.ones((1, 4), np.uint8)
    initial = ones(given, (1, 1))
    if given in INTEGERS:
        assert matmul(made, codes, codes, initial=initial).values == [[5]]
    else:
        with pytest.raises(DesignError, match="initial must be integers"):
            matmul(made, codes, codes, initial=initial)


def test_sums_start_from_any_integers_in_range():
    made, codes = engine(initial=lookup("int16")), np.ones((1, 4), np.uint8)
    for initial in ([[-1]], np.array([[-1]], ">i2"), np.array([[-1]], object)):
        assert matmul(made, codes, codes, initial=initial).values == [[3]]
    for wrong in ([[1 << 15]], [[-(1 << 70)]], [[np.nan]], [[True]], [[None]], [["1"]]):
        with pytest.raises(DesignError, match="initial must"):
            matmul(made, codes, codes, initial=wrong)


@pytest.mark.parametrize("bias", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("given", TYPES)
def test_a_bias_is_of_its_format(bias, given):
    fp32 = lookup("fp32")
    arithmetic = replace(
        raw("int8", "int8"),
        accumulate=(Stage(span=4), Stage("fp", format=fp32)),
        output=Output(fp32, bias=lookup(bias)),
    )
    assert isinstance(arithmetic, Arithmetic)
    made, codes = Engine("x", (arithmetic,), Build(1, 1, 4)), np.ones((1, 4), np.uint8)
    if given == OWN[bias]:
        assert matmul(made, codes, codes, bias=ones(given, 1)).decode() == [[5]]
    elif dtype(given) == lookup(bias).dtype:
        one = lookup(bias).encode([1.0])
        assert matmul(made, codes, codes, bias=one).decode() == [[5]]
    else:
        with pytest.raises(DesignError, match=f"codes of {bias} must be"):
            matmul(made, codes, codes, bias=ones(given, 1))


# --- Real values


@pytest.mark.parametrize("given", TYPES)
def test_values_are_numbers_of_any_real_type(given):
    """quantize, encode, prune, mixed and code books take the numbers, whatever their type."""
    operand, sent = scaled("int8", "fp32"), ones(given)
    real = given not in ("complex64", "str", "datetime64[s]")
    calls = {
        "quantize": lambda: quantize(sent, operand).dequantize().tolist(),
        "encode": lambda: lookup("fp32").decode(lookup("fp16").encode(sent).view(np.float16)
                                                .astype(np.float32)).tolist(),
        "mixed": lambda: sparse.mixed(sent, [0], Sparse(2, 4))[0].tolist(),
        "prune": lambda: sparse.prune(sent, Sparse(2, 4)).tolist(),
        "code book": lambda: code_book("x", sent).tables,
    }  # fmt: skip
    wanted = {"prune": [[0, 1]], "code book": ((1,) * 4,)}
    for name, call in calls.items():
        if real:
            np.testing.assert_allclose(call(), wanted.get(name, [[1.0] * 4]), rtol=1e-6)
        elif not (given == "complex64" and name in ("prune", "mixed")):
            with pytest.raises(DesignError):
                call()


@pytest.mark.parametrize(
    "values", [[["1"]], [[b"1"]], np.array([["1"]], object), [[None]], [[1], [1, 2]], [[np.nan]],
               [[np.inf]], np.array([[np.nan]], ml_dtypes.bfloat16)]
)  # fmt: skip
def test_what_is_no_value(values):
    with pytest.raises(DesignError, match="values must"):
        quantize(values, scaled("int8", "fp32"))


def test_which_windows_are_dense_is_said_by_booleans():
    x = np.arange(8.0)[None]
    for dense in ([True, False], [1, 0], np.array([1, 0], np.uint8)):
        assert sparse.mixed(x, dense, Sparse(2, 4))[0].shape == (1, 12)
    for wrong in ([0.5, 0], ["False", ""], [2, 0]):
        with pytest.raises(DesignError, match="dense must"):
            sparse.mixed(x, wrong, Sparse(2, 4))


@pytest.mark.parametrize("given", TYPES)
def test_code_books_in_files_are_read_or_refused(given, tmp_path):
    """NumPy writes what packages add as bytes without a type: those are refused."""
    path = tmp_path / "mine.npy"
    np.save(path, ones(given, 4) if given != "object" else ones("float32", 4), allow_pickle=False)
    if given in (*INTEGERS, "float16", "float32", "float64", "object"):
        assert read_code_book(path).tables == ((1,) * 4,)
    else:
        with pytest.raises(DesignError, match="a table holds real numbers|not a .npy file"):
            read_code_book(path)


def test_code_books_in_big_endian_files(tmp_path):
    np.save(tmp_path / "mine.npy", np.array([0, 1, 2, 3], ">f4"))
    assert read_code_book(tmp_path / "mine.npy").tables == ((0, 1, 2, 3),)


# --- What NumPy would take without a word


def test_a_mask_is_not_looked_below():
    hidden = np.ma.masked_equal(np.array([[1, 2, 3, 4]]), 3)
    shown = np.ma.masked_array(np.array([[1, 2, 3, 4]]))
    operand = scaled("int4", "fp32")
    for call in (
        lambda x: quantize(x, operand),
        lambda x: lookup("int4").decode(x),
        lambda x: lookup("int4").encode(x),
        lambda x: matmul(Engine("a", (raw(lookup("int4"), lookup("int4")),)), x, x),
        lambda x: sparse.prune(x, Sparse(2, 4)),
    ):
        call(shown)
        with pytest.raises(DesignError, match="a mask hides some of them"):
            call(hidden)


def test_arrays_of_nothing_have_no_type():
    for empty in (np.zeros((0, 4), complex), np.zeros((2, 0), object), np.zeros((0,), "U1")):
        assert lookup("bf16").decode(empty).shape == empty.shape
        assert lookup("bitmod4").decode(empty, np.zeros(empty.shape)).shape == empty.shape


def test_selections_fit_their_codes():
    with pytest.raises(DesignError, match=r"selections of shape \(3,\) do not fit codes"):
        lookup("bitmod4").decode(np.zeros((2, 4), int), [0, 1, 2])
    objects = np.array([[1], [3]], object)
    assert lookup("bitmod4").decode(np.zeros((2, 4), int), objects).shape == (2, 4)
    with pytest.raises(DesignError, match="selections of int4 must"):
        lookup("int4").decode([1], 1)
    with pytest.raises(DesignError, match="encoded with one table at a time"):
        lookup("bitmod4").encode([1.0], select=[0])


def test_infinite_scales_warn_nobody():
    held = Quantized(
        scaled("int8", "fp16"), {"code": [[0, 1]]}, {"scale": np.array([[np.inf]], np.float16)}
    )
    assert np.isnan(held.dequantize()[0, 0]) and held.dequantize()[0, 1] == np.inf


@pytest.mark.parametrize("wrong", [3, [1, 2], [[[1]]]])
def test_indices_and_words_have_two_axes(wrong):
    with pytest.raises(DesignError, match="indices must have two axes"):
        sparse.metadata(wrong, Sparse(2, 4))
    with pytest.raises(DesignError, match="words must have two axes"):
        sparse.from_metadata(wrong, Sparse(2, 4))
    assert sparse.metadata(np.zeros((0, 8), int), Sparse(2, 4)).shape == (0, 1)
    with pytest.raises(DesignError, match="must fill words of up to 64, got None"):
        sparse.metadata([[1] * 8], Sparse(2, 4), None)


@pytest.mark.parametrize("fraction", ["8", 1.5, True, 25, -1])
def test_fractional_bits_are_a_whole_number(fraction):
    with pytest.raises(DesignError, match="fraction must lie in 0…24"):
        code_book("mine", [0.0, 1.0], fraction)


def test_a_large_file_is_no_table(tmp_path):
    with (tmp_path / "a.npy").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DesignError, match=f"up to 1024 entries, this file {1 << 40} bytes"):
        read_code_book(tmp_path / "a.npy")
