"""Bytes and arrays of checkpoints: the matrix that they hold, or one line."""

import numpy as np
from fuzzed import examples, refused_or, tried
from hypothesis import strategies as st
from macsmith.golden import Quantized, storage
from macsmith.golden.storage.words import unpack_act_order
from odd_arrays import OTHERS, arrays

SCHEMES = tuple(map(storage.lookup, storage.names()))
SHAPES = ((1, 256), (8, 256), (2, 512), (16, 128), (3, 32), (64, 64))
ODD = (
    (0, 256), (-1, 256), (1, -256), (1, 0), (1, 1), (7, 255), (10**9, 256), (1, 10**18), (256,),
    (1, 2, 3), (), None, "ab", (1.5, 256), ("1", "256"), (True, 256), (10**30, 10**30), 3,
    (None, 1),
)  # fmt: skip


@st.composite
def streams(draw):
    scheme, shape = draw(st.sampled_from(SCHEMES)), draw(st.sampled_from(SHAPES))
    size = refused_or(lambda: scheme.size(shape)) if hasattr(scheme, "size") else None
    length = draw(st.sampled_from((size or 16, size or 16, 0, 1, (size or 16) + 1)))
    data = bytes([draw(st.integers(0, 255))]) * min(length, 1 << 16)
    kind = draw(st.sampled_from(("bytes", "bytes", "array", "odd", "words", "strided")))
    if kind == "array":
        data = np.frombuffer(data, np.uint8)
    elif kind == "odd":
        data = draw(st.sampled_from(OTHERS) | arrays((length,), own="uint8"))
    elif kind == "words":
        data = memoryview(data + b"\0" * (-len(data) % 4)).cast("I")
    elif kind == "strided":
        data = memoryview(data * 2)[::2]
    return scheme, data, draw(st.sampled_from((shape, shape, shape, *ODD)))


def unpacked(given):
    scheme, data, shape = given
    found = refused_or(lambda: storage.unpack(scheme, data, shape))
    if found is not None:
        # Items that are not there are packed as zeros, whatever stood in their place.
        again = storage.pack(scheme, found)
        assert len(again) == np.asarray(data).nbytes
        assert storage.pack(scheme, storage.unpack(scheme, again, shape)) == again


@examples(60, 1500)
def test_streams(count):
    tried(count, streams(), unpacked)


@st.composite
def parts(draw):
    """What a checkpoint holds, packed from random codes, with some arrays changed."""
    scheme, shape = draw(st.sampled_from(SCHEMES)), draw(st.sampled_from(SHAPES))
    seed = draw(st.integers(0, 9))
    whole = refused_or(lambda: storage.pack_parts(scheme, _held(scheme.operand, shape, seed)))
    found = dict(whole) if whole is not None else {"codes": np.zeros((1, 4), np.uint8)}
    known = dict(found)
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from(sorted(found) or ["codes"]))
        change = draw(st.sampled_from(("odd", "cut", "value", "type", "gone", "more")))
        old = known.get(name, np.zeros((2, 2), np.uint8))
        if change == "odd":
            found[name] = draw(arrays(old.shape, own=old.dtype.name) | st.sampled_from(OTHERS))
        elif change == "cut":
            found[name] = old[: old.shape[0] // 2] if old.ndim else old
        elif change == "value" and old.size and old.dtype.kind in "iu":
            new = old.copy()
            most = np.iinfo(old.dtype).max
            new.flat[draw(st.integers(0, old.size - 1))] = draw(st.sampled_from((0, 1, most)))
            found[name] = new
        elif change == "type":
            found[name] = old.astype(draw(st.sampled_from(("float32", "int64", "uint8", "object"))))
        elif change == "gone":
            found.pop(name, None)
        else:
            found[draw(st.sampled_from(("odd", "", "scales")))] = old
    return scheme, found, draw(st.sampled_from((shape, shape, shape, *ODD)))


def _held(operand, shape, seed):
    rng = np.random.default_rng(seed)
    codes = {
        name: rng.choice(fmt.legal, shape) if fmt.bits <= 16 else np.zeros(shape, fmt.dtype)
        for name, fmt in operand.codes.items()
    }
    scales = {lv.name: np.ones(lv.span.shape(*shape), lv.format.dtype) for lv in operand.levels}
    return Quantized(operand, codes, scales)


@examples(60, 1500)
def test_parts(count):
    tried(count, parts(), lambda x: refused_or(lambda: storage.unpack_parts(*x)))


@st.composite
def orders(draw):
    scheme = storage.lookup("gptq4_g32")
    held = {name: draw(arrays((8, 8), own="int32")) for name in ("qweight", "qzeros", "g_idx")}
    held["scales"] = draw(arrays((2, 8), own="float16"))
    return scheme, held, draw(st.sampled_from(((8, 64), *ODD)))


@examples(20, 500)
def test_orders(count):
    tried(count, orders(), lambda x: refused_or(lambda: unpack_act_order(*x)))


@examples(20, 500)
def test_names(count):
    words = st.sampled_from((
        "gptq4_g0", "gptq4_g1", "gptq4_g" + "9" * 5000, "awq4_g999999999", "onnx4_g1", "dense_wire",
        "onnx2_g1", "dense_fp32", "dense_minus_one", "segments_int4", "dense_uint64_high",
        "segments_fp32", "dense_bitmod4", "segments_e8m23", "", "q4_k\n", 3, None, b"q4_k",
        ["q4_k"], "gptq3_g1_v2_fp32",
    )) | st.text(max_size=8)  # fmt: skip
    shapes = st.sampled_from((*SHAPES, *ODD))
    data = st.sampled_from((b"", bytes(64), bytes(1 << 14)))
    tried(
        count,
        st.tuples(words, data, shapes),
        lambda x: refused_or(lambda: storage.unpack(*x)),
    )
