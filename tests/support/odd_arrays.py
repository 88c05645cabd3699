"""Arrays as users hand them in, right and wrong: types, shapes, layouts, values."""

import ml_dtypes
import numpy as np
from array_types import TYPES, dtype
from hypothesis import strategies as st

_numbers = st.sampled_from((
    0, 1, -1, 2, 3, 7, 15, 127, 255, -128, 1 << 20, 0.5, -0.0, 1e-45, 1e300, float("nan"),
    float("inf"), float("-inf"),
))  # fmt: skip

#: Sizes of an axis: groups of 16 and 32 among them.
_sizes = st.sampled_from((0, 1, 2, 3, 4, 8, 15, 16, 17, 32, 33, 64))

#: What is no array, or an array of something odd.
OTHERS = (
    None, 3, 1.5, "text", b"bytes", object(), {}, {"a": 1}, [], [[]], [[1], [2, 3]], [["a"]],
    [None], [[None, 1]], 1 << 100, [[1 << 100]], [[-(1 << 70), 1]], [[1e400]], range(4),
    iter([1]), set(), 1j,
    np.array(["2020-01-01"], "datetime64[D]"), np.zeros((2, 2), [("a", "f4"), ("b", "i4")]),
    np.ma.masked_array([[1, 2], [3, 4]], [[0, 1], [0, 0]]), np.array([[object()]]), [[b"1"]],
    np.array([[1, "2"]], object), np.array([[1, 2.5]], object), np.array([[True, False]]),
    np.zeros((1 << 20, 0)), np.zeros((0, 1 << 20)), np.broadcast_to(np.int8(1), (1 << 9, 1 << 9)),
    np.zeros((1,) * 32), np.float64(3), np.array(3), np.zeros((2, 3, 4)), memoryview(b"1234"),
    np.array([[1 << 64]], object), np.array([[np.longdouble(1)]]), np.array([["\ud800"]]),
)  # fmt: skip


class Child(np.ndarray):
    """A subclass of NumPy's arrays, as packages have them."""


_layouts = (
    lambda x: x,
    lambda x: x,
    lambda x: x,
    np.asfortranarray,
    lambda x: x[::-1] if x.ndim else x,
    lambda x: x[..., ::2] if x.ndim else x,
    lambda x: np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x,
    lambda x: x.astype(x.dtype.newbyteorder()) if x.dtype.kind in "iufc" else x,
    lambda x: np.ma.masked_array(x),
    lambda x: np.ma.masked_equal(x, x.flat[0]) if x.size and x.dtype.kind in "iuf" else x,
    lambda x: x.tolist() if x.dtype.kind in "iufb" else x,
    lambda x: x.view(Child),
    lambda x: x.reshape(-1),
    lambda x: x[None],
    lambda x: x.astype(object),
    lambda x: np.broadcast_to(x, x.shape),
)


@st.composite
def arrays(draw, shape=None, types=TYPES, own=None):
    """An array of any type, mostly of ``shape`` and of the type ``own`` if these are given."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(OTHERS))
    if shape is None or draw(st.integers(0, 5)) == 0:
        shape = tuple(draw(st.lists(_sizes, min_size=0, max_size=3)))
        shape = shape if np.prod(shape, dtype=float) < 1 << 14 else shape[:2]
    kind = own if own is not None and draw(st.integers(0, 2)) else draw(st.sampled_from(types))
    found = np.full(shape, draw(_numbers), np.float64)
    if found.size:
        for _ in range(draw(st.integers(0, 3))):
            found.flat[draw(st.integers(0, found.size - 1))] = draw(_numbers)
    with np.errstate(all="ignore"):
        found = _typed(found, kind)
    return draw(st.sampled_from(_layouts))(found)


def _typed(found, kind):
    if kind not in TYPES and not hasattr(ml_dtypes, kind):
        kind = "uint8"  # of a format that no package has a type for, such as int3

    if kind == "datetime64[s]":
        return np.zeros(found.shape, np.int64).astype(kind)
    if np.dtype(dtype(kind)).kind in "iu" or kind in ("int2", "int4", "uint2", "uint4"):
        found = np.clip(np.nan_to_num(found), -(2**62), 2**62).astype(np.int64)
    return found.astype(dtype(kind))
