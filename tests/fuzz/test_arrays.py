"""Arrays of any kind handed to the library: taken for what they are, or refused in a line."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from fuzzed import examples, refused_or, tried
from hypothesis import strategies as st
from macsmith.golden import Quantized, Sparse, sparse
from macsmith.golden.formats import ROUNDINGS, lookup, names
from macsmith.golden.formats.files import code_book
from macsmith.golden.quantize.rules import SCALE_RULES
from macsmith.sim.matmul import engine_matmul
from odd_arrays import OTHERS, arrays

from macsmith import Options, design, matmul, quantize

DESIGNS = ("int4xint8", "e4m3xe4m3", "bf16xint4", "w4a8", "nvfp4", "mxfp4", "int3", "nf4", "fp16",
           "posit8_0", "gguf_q4_k", "nm_sparse", "ifairy", "bitmod4", "ternaryxint8")  # fmt: skip
ENGINES = {name: design(name) for name in DESIGNS}
ENGINES["start"] = design("int4xint8", Options(initial="int16"))
ENGINES["bias"] = design("int4xint8", Options(output="fp32", bias="fp32"))


@st.composite
def products(draw):
    """An engine and what it multiplies: bare arrays, or arrays quantized for it."""
    engine = ENGINES[draw(st.sampled_from(sorted(ENGINES)))]
    mode = engine.modes[0]
    rows, cols, k = (draw(st.sampled_from((0, 1, 2, 3, 16, 32, 33))) for _ in range(3))
    sides = []
    for operand, count in ((mode.weight, rows), (mode.activation, cols)):
        own = operand.planes[0].element.type_name or np.dtype(operand.planes[0].element.dtype).name
        sides.append((operand, draw(arrays((count, k), own=own)), draw(st.booleans())))
    initial = draw(st.none() | arrays((rows, cols), own="int16"))
    return engine, sides, initial, draw(st.none() | arrays((rows,), own="float32"))


def multiplied(given):
    engine, sides, initial, bias = given
    known = [quantize(x, operand) if real else x for operand, x, real in sides]
    found = matmul(engine, *known, initial=initial, bias=bias)
    assert found.decode().shape == found.values.shape
    return found


@examples(60, 2000)
def test_products(count):
    tried(count, products(), lambda given: refused_or(lambda: multiplied(given)))


class Reached(Exception):
    """The operands would go to the simulator now."""


def simulated(given):
    """As ``multiplied``, up to where the simulator would begin."""
    engine, sides, initial, bias = given
    known = [quantize(x, operand) if real else x for operand, x, real in sides]
    machine = SimpleNamespace(emitted=SimpleNamespace(engine=engine))
    try:
        engine_matmul(engine, *known, initial, bias, simulator=machine)
    except Reached:
        return True
    raise AssertionError("no simulator was asked")


@examples(40, 1500)
def test_what_the_model_refuses_no_hardware_takes(count, monkeypatch):
    def reach(*_):
        raise Reached

    monkeypatch.setattr("macsmith.sim.matmul._run", reach)

    def check(given):
        if given[0] is ENGINES["bf16xint4"]:
            return  # its sums are too wide: there is no hardware of it
        reached = refused_or(lambda: simulated(given))
        assert not reached or multiplied(given)

    tried(count, products(), check)


@st.composite
def matrices(draw):
    engine = ENGINES[draw(st.sampled_from(sorted(ENGINES)))]
    operand = draw(st.sampled_from((engine.modes[0].weight, engine.modes[0].activation)))
    rule = draw(st.none() | st.sampled_from([*SCALE_RULES, "", "mes", None, 3, [], "é"]))
    way = draw(st.sampled_from([*ROUNDINGS, "nearest_even", "", "up", None, 3, [1], b"down"]))
    return operand, draw(arrays((4, 32), own="float32")), rule, way


def held(given):
    """A matrix quantized and back: of its shape, and finite."""
    operand, values, rule, way = given
    found = quantize(values, operand, scale_rule=rule, rounding=way)
    assert found.shape == np.shape(values) and np.isfinite(found.dequantize()).all()


@examples(60, 2000)
def test_quantize(count):
    tried(count, matrices(), lambda given: refused_or(lambda: held(given)))


@st.composite
def pieces(draw):
    """Codes, scales, selections and indices of an operand, each an array of any kind."""
    engine = ENGINES[draw(st.sampled_from(sorted(ENGINES)))]
    operand = draw(st.sampled_from((engine.modes[0].weight, engine.modes[0].activation)))
    rows, k = draw(st.sampled_from(((2, 64), (1, 32), (3, 128), (0, 4), (4, 0), (2, 256))))
    kept = k if operand.structure is None else operand.structure.count(k)
    codes = {name: draw(arrays((rows, kept), own=np.dtype(fmt.dtype).name))
             for name, fmt in operand.codes.items()}  # fmt: skip
    scales = {lv.name: draw(arrays(lv.span.shape(rows, k), own=lv.format.type_name))
              for lv in operand.levels}  # fmt: skip
    for part in (codes, scales):
        if draw(st.integers(0, 9)) == 0:
            part[draw(st.sampled_from(("", "odd", "scale", "code")))] = np.zeros((rows, k), int)
    more = {}
    if operand.select is not None or draw(st.integers(0, 5)) == 0:
        more["select"] = draw(arrays((rows, 1), own="uint8"))
    if operand.structure is not None or draw(st.integers(0, 5)) == 0:
        more["indices"] = draw(arrays((rows, kept), own="uint8"))
        more["columns"] = draw(st.none() | st.sampled_from((k, -1, 10**9, 1.5, "a")))
    return operand, codes, scales, more


@examples(60, 2000)
def test_quantized(count):
    def check(given):
        operand, codes, scales, more = given
        refused_or(lambda: Quantized(operand, codes, scales, **more).dequantize())

    tried(count, pieces(), check)


FORMATS = tuple(map(lookup, names()))


@st.composite
def elements(draw):
    fmt = draw(st.sampled_from(FORMATS))
    own = fmt.type_name or np.dtype(fmt.dtype).name
    way = draw(st.sampled_from([*ROUNDINGS, "", None, 3]))
    return fmt, draw(arrays(own=own)), way, draw(st.booleans()), draw(arrays((1,), own="uint8"))


def coded(given):
    fmt, x, way, saturate, select = given
    refused_or(lambda: fmt.decode(fmt.encode(x, way, saturate)))
    refused_or(lambda: fmt.decode(x, select))
    refused_or(lambda: fmt.integers(x, select))
    refused_or(lambda: fmt.received(x, scale=True))
    refused_or(lambda: fmt.fields(x, select))


@examples(80, 3000)
def test_formats(count):
    tried(count, elements(), coded)


@st.composite
def sparse_pieces(draw):
    structure = draw(st.sampled_from((Sparse(2, 4), Sparse(1, 4), Sparse(1, 3), Sparse(4, 64))))
    own, bits = "float32", draw(st.sampled_from((8, 16, 32, 64, 0, -1, 65, 7, None, 1.5)))
    return structure, draw(arrays((2, 64), own=own)), draw(arrays((2, 32), own="uint8")), bits


def thinned(given):
    structure, values, indices, bits = given
    dense = ENGINES["int4xint8"].arithmetic.activation
    refused_or(lambda: sparse.prune(values, structure))
    refused_or(lambda: sparse.metadata(indices, structure, bits))
    refused_or(lambda: sparse.from_metadata(indices, structure, bits))
    refused_or(lambda: sparse.mixed(values, indices, structure))
    refused_or(lambda: sparse.compress(Quantized(dense, {"code": values}), structure, indices))


@examples(40, 1000)
def test_sparse(count):
    tried(count, sparse_pieces(), thinned)


@examples(40, 1000)
def test_code_books(count):
    fractions = st.none() | st.sampled_from((0, 8, 24, 25, -1, 10**9, 1.5, "8", True))
    given = st.tuples(arrays((16,), own="float32"), fractions)
    tried(count, given, lambda x: refused_or(lambda: code_book("mine", *x)))


@pytest.mark.parametrize("given", OTHERS, ids=lambda x: str(type(x).__name__))
def test_what_is_no_matrix(given):
    engine = ENGINES["int4xint8"]
    refused_or(lambda: matmul(engine, given, given))
    refused_or(lambda: quantize(given, ENGINES["int3"].arithmetic.weight))
    for fmt in map(lookup, ("int4", "uint64", "e4m3", "fp32", "posit8_0", "nf4", "bitmod4")):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            coded((fmt, given, "nearest_even", True, 0))


def test_what_a_mask_hides_is_not_read():
    """NumPy would hand out what stands below it."""
    hidden = np.ma.masked_equal(np.array([[1.0, 2.0, 3.0, 4.0]]), 3)
    with pytest.raises(ValueError, match="mask"):
        quantize(hidden, ENGINES["int3"].arithmetic.weight)
    with pytest.raises(ValueError, match="mask"):
        lookup("int4").decode(hidden.astype(np.int8))
