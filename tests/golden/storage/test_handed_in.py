"""Shapes and arrays of checkpoints that no scheme can hold: one line, whatever they are."""

import numpy as np
import pytest
from macsmith.golden import DesignError, Quantized, storage
from macsmith.golden.storage.words import unpack_act_order

WRONG = [None, 3, "ab", (), (256,), (1, 2, 3), (0, 256), (1, -256), (1.0, 256), (True, 256),
         ("1", "256"), (1 << 30, 1 << 30), (None, 256)]  # fmt: skip


@pytest.mark.parametrize("shape", WRONG)
@pytest.mark.parametrize("name", ["q4_0", "gptq4_g32", "spqr", "dense_uint4", "dfloat11"])
def test_a_matrix_has_rows_and_columns(name, shape):
    scheme = storage.lookup(name)
    with pytest.raises(
        DesignError, match="a matrix (is rows × K, both at least 1|has .* elements at most), got"
    ):
        storage.unpack_parts(scheme, {}, shape)
    if name != "dfloat11":
        with pytest.raises(
            DesignError,
            match="a matrix (is rows × K, both at least 1|has .* elements at most), got",
        ):
            storage.unpack(scheme, b"", shape)
    if name == "gptq4_g32":
        with pytest.raises(
            DesignError,
            match="a matrix (is rows × K, both at least 1|has .* elements at most), got",
        ):
            unpack_act_order(scheme, {"g_idx": [0]}, shape)


def test_numpy_s_integers_are_sizes():
    held = storage.unpack("dense_uint4", bytes(8), (np.int64(2), np.uint8(8)))
    assert held.shape == (2, 8)


@pytest.mark.parametrize("scheme", [3, None, b"q4_0", ["q4_0"]])
def test_a_scheme_is_called_by_its_name(scheme):
    with pytest.raises(TypeError, match="a storage scheme is called by its name"):
        storage.unpack(scheme, b"", (1, 32))


def parts():
    codes = np.arange(256, dtype=np.uint16).reshape(1, 256) << 3
    return storage.pack_parts("dfloat11", Quantized(storage.lookup("dfloat11").operand,
                                                    {"code": codes}))  # fmt: skip


FAULTS = [
    ("luts", lambda x: x[0], "luts must have two axes"),
    ("luts", lambda x: x[:1], "luts are at least a table and the lengths"),
    ("luts", lambda x: x[:, :255], "luts are at least a table and the lengths"),
    ("luts", lambda x: np.full_like(x, 240), "luts point to table 16, the last one is 0"),
    ("gaps", lambda x: x[None], "gaps must have one axis"),
    ("encoded_exponent", lambda x: x[None], "encoded_exponent must have one axis"),
    ("sign_mantissa", lambda x: x.reshape(1, -1), "sign_mantissa must have one axis"),
    ("output_positions", lambda x: x[0], "output_positions must have one axis"),
]


@pytest.mark.parametrize(("name", "change", "message"), FAULTS)
def test_parts_of_dfloat11(name, change, message):
    found = parts()
    assert storage.unpack_parts("dfloat11", found, (1, 256)).shape == (1, 256)
    found[name] = change(found[name])
    with pytest.raises(DesignError, match=message):
        storage.unpack_parts("dfloat11", found, (1, 256))
