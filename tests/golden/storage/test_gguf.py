"""GGUF's blocks against gguf-py: through a file, at random, and at the extremes.

gguf-py decodes in float32 with one rounding an operation. Every product of a plane is exact there
(FP16's 11 bits, a scale's 4 to 8, an element's 2 to 8: at most 24), so only the sum of two planes
rounds; and ``dequantize`` is exact in float64. Its float32 is therefore the same, bit for bit.
"""

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize, quantize
from macsmith.golden import storage
from macsmith.golden.storage.gguf_blocks import BLOCKS
from macsmith.golden.storage.gguf_grids import GRIDS
from macsmith.golden.storage.gguf_super import SUPER_BLOCKS

NAMES = [scheme.name for scheme in (*BLOCKS, *SUPER_BLOCKS, *GRIDS)]

#: What gguf-py 0.19.0 does not know, and what it cannot decode.
NO_TYPE = ["q2_0"]

#: FP16 scales, as codes: 0, -0, the least subnormals, 1, the greatest, infinities, a NaN.
EXTREMES = [0, 0x8000, 1, 0x8001, 0x3FF, 0x3C00, 0xBC00, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E01]


def kind(name):
    return GGMLQuantizationType[name.upper()]


def sizes(name):
    """(elements, bytes) of a block, as gguf-py has them; QK2_0 and its block of ggml-common.h."""
    return (64, 18) if name in NO_TYPE else gguf.constants.GGML_QUANT_SIZES[kind(name)]


def theirs(name, blocks, shape):
    with np.errstate(all="ignore"):
        if name in OWN:
            elements, size = sizes(name)
            return OWN[name](blocks.reshape(-1, size)).astype(np.float32).reshape(shape)
        return dequantize(blocks, kind(name)).reshape(shape).astype(np.float32)


def one_bit(blocks):
    """llama.cpp's dequantize_row_q1_0: d where bit j % 8 of byte j / 8 is set, else -d."""
    d = blocks[:, :2].copy().view(np.float16)
    return np.where(np.unpackbits(blocks[:, 2:], axis=1, bitorder="little"), d, -d)


def two_bits(blocks):
    """llama.cpp's dequantize_row_q2_0: (q - 1) d, q two bits of byte j / 4, the lowest first."""
    d = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    q = blocks[:, 2:, None] // np.array([1, 4, 16, 64], np.uint8) % 4
    return (q.reshape(-1, 64).astype(np.float32) - 1) * d


def eight_bits(blocks):
    """llama.cpp's dequantize_row_q8_K: d q, d a float32 and q 256 bytes; the sums are not read."""
    return blocks[:, :4].copy().view(np.float32) * blocks[:, 4:260].view(np.int8)


#: llama.cpp's decoding where gguf-py has none. These, and the rest, also ran against llama.cpp.
OWN = {"q1_0": one_bit, "q2_0": two_bits, "q8_k": eight_bits}


def ours(name, blocks, shape):
    held = storage.unpack(name, blocks.tobytes(), shape)
    with np.errstate(all="ignore"):
        return held, held.dequantize().astype(np.float32)


def spread(scales, shape):
    return np.repeat(scales, shape[1] // scales.shape[1], axis=1)


def agree(name, blocks, shape):
    """Alike to the bit, but for the payload of NaN and the stated exceptions."""
    held, mine = ours(name, blocks, shape)
    his = theirs(name, blocks, shape)
    same = (mine.view(np.uint32) == his.view(np.uint32)) | (np.isnan(mine) & np.isnan(his))
    if name in EXCEPTIONS:
        same |= EXCEPTIONS[name](held, mine, his, blocks)
    assert same.all(), f"{(~same).sum()} of {same.size} differ, first {np.argwhere(~same)[0]}"


def fourth_trit(held, mine, his, blocks):
    """TQ2_0's unused code: a second zero here, which keeps the bits; 2 in gguf-py."""
    scale = spread(held.scales["d"].astype(np.uint16).view(np.float16), held.shape)
    unused = held.codes["code"] == 2
    with np.errstate(all="ignore"):
        wanted = scale.astype(np.float32) * 2
    np.testing.assert_array_equal(his[unused], wanted[unused])
    assert ((mine == 0) | ~np.isfinite(scale))[unused].all()
    return unused


def negative_zeros(mine, his):
    """The table of gguf-py has 0 where E2M1 has -0."""
    return np.signbit(mine) & ~np.signbit(his) & (mine == 0) & (his == 0)


def greatest_e8m0(held, mine, his, blocks):
    """The scale 255: NaN in OCP's MX, here; 2**128 in gguf-py, which is beyond float32."""
    nan = spread(held.scales["d"], held.shape) == 255
    assert np.isnan(mine[nan]).all()
    value = held.operand.planes[0].element.decode(held.codes["code"])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(his[nan], np.ldexp(value[nan], 128).astype(np.float32))
    return nan | negative_zeros(mine, his)


def greatest_ue4m3(held, mine, his, blocks):
    """The scale 0x7F: NaN here, 0 in gguf-py; with the spare bit set (0xFF), 480 there."""
    raw = spread(blocks.reshape(-1, 36)[:, :4].reshape(held.shape[0], -1), held.shape)
    nan = spread(held.scales["d"], held.shape) == 0x7F
    assert np.isnan(mine[nan]).all() and (his[raw == 0x7F] == 0).all()
    value = held.operand.planes[0].element.decode(held.codes["code"])
    np.testing.assert_array_equal(his[raw == 0xFF], 480 * value[raw == 0xFF])
    return nan | negative_zeros(mine, his)


EXCEPTIONS = {"tq2_0": fourth_trit, "mxfp4": greatest_e8m0, "nvfp4": greatest_ue4m3}


@pytest.mark.parametrize("name", NAMES)
def test_a_block_has_the_size_of_ggufs(name):
    elements, size = sizes(name)
    scheme = storage.lookup(name)
    assert scheme.size((1, elements)) == size
    assert scheme.parts[0].tile.columns == elements


@pytest.mark.parametrize("name", NAMES)
def test_random_bytes_decode_alike(name, rng):
    elements, size = sizes(name)
    shape = (3, 64 * elements)
    agree(name, rng.integers(0, 256, (3, 64 * size), np.uint8), shape)


@pytest.mark.parametrize("value", [0, 255, 0x80, 0x7F])
@pytest.mark.parametrize("name", NAMES)
def test_uniform_bytes_decode_alike(name, value):
    elements, size = sizes(name)
    agree(name, np.full((1, size), value, np.uint8), (1, elements))


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("mxfp4", "nvfp4")])
def test_extreme_scales_decode_alike(name, rng):
    """FP16 scales at their extremes, both of them where there are two."""
    elements, size = sizes(name)
    scheme = storage.lookup(name)
    rows = len(EXTREMES) ** 2
    held = storage.unpack(name, rng.integers(0, 256, rows * size, np.uint8), (rows, elements))
    pairs = np.array(np.meshgrid(EXTREMES, EXTREMES)).reshape(2, rows, 1)
    sixteen = [level.name for level in scheme.operand.levels if level.format.bits == 16]
    for level, values in zip(sixteen, pairs, strict=False):
        held.scales[level][:] = values
    if name == "tq1_0":
        held.codes["code"][held.codes["code"] == 2] = 0
    agree(name, np.frombuffer(scheme.pack(held), np.uint8).reshape(rows, size), (rows, elements))


@pytest.mark.parametrize("name", ["mxfp4", "nvfp4"])
def test_every_scale_of_eight_bits_decodes_alike(name, rng):
    elements, size = sizes(name)
    blocks = rng.integers(0, 256, (256, size), np.uint8)
    blocks[:, : 1 if name == "mxfp4" else 4] = np.arange(256)[:, None]
    agree(name, blocks, (256, elements))


@pytest.mark.parametrize("name", NAMES)
def test_every_bit_flipped_changes_what_it_does_in_gguf(name, rng):
    """One bit after the other: no bit is read in a wrong place by luck."""
    elements, size = sizes(name)
    block = rng.integers(0, 256, size, np.uint8)
    flips = np.packbits(np.eye(8 * size, dtype=np.uint8), axis=1, bitorder="little")
    agree(name, block ^ flips, (8 * size, elements))


@pytest.mark.parametrize("name", NAMES)
def test_packing_gives_the_bytes_back(name, rng):
    """All but spare bits; base 3 only from canonical bytes, sums only right ones."""
    elements, size = sizes(name)
    scheme, shape = storage.lookup(name), (3, 8 * elements)
    blocks = rng.integers(0, 256, (24, size), np.uint8)
    spare = np.frombuffer(scheme.parts[0].map.spare, np.uint8)
    if name in ("tq1_0", "q8_k"):  # digits and sums that packing would not write
        assert not spare.any()
        blocks = np.frombuffer(scheme.pack(storage.unpack(name, blocks, shape)), np.uint8)
    held = storage.unpack(name, blocks, shape)
    assert scheme.pack(held) == (blocks & ~np.resize(spare, blocks.shape)).tobytes()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NO_TYPE])
def test_files_of_gguf_are_read(name, tmp_path, rng):
    """Written by gguf-py (its own quantizer where it has one), read by gguf-py, decoded by maps."""
    elements, size = sizes(name)
    shape = (5, 3 * elements)
    try:
        data = quantize(rng.normal(size=shape).astype(np.float32), kind(name))
    except NotImplementedError:
        data = rng.integers(0, 256, (5, 3 * size), np.uint8)
    path = tmp_path / "model.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_tensor("weight", data, raw_dtype=kind(name))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    tensor = GGUFReader(path).tensors[0]
    assert tensor.tensor_type == kind(name) and tuple(tensor.shape) == shape[::-1]
    agree(name, np.array(tensor.data), shape)
