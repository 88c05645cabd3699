"""A matrix as it lies in memory: the beats of a design's streams that carry weights, in order.

Beats of rows that an array takes together follow each other; blocks of rows follow each other. A
design with converters of its streams' widths takes these bytes as they are. What a beat carries
beside weights (an activation's scales, the mark of an end) is zero here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Engine
from ..golden.errors import DesignError
from ..golden.matrices import Blocks, Matrices
from ..golden.padding import padded
from ..golden.streams import Beats, Stream
from ..golden.tensor import Quantized
from ..golden.tiling import Feed
from ..hw.text.emit import Emitted
from ..sim.pack import pack, unpacked

Array = npt.NDArray[Any]

#: Beats that are made at a time.
_CHUNK = 1 << 15


@dataclass(frozen=True)
class Image:
    """One stream's beats.

    Parameters
    ----------
    stream : the stream.
    width : bytes of a beat in memory: whole bytes, little-endian.
    beats : uint8 (beats, width).
    whole : whether all of a beat is weights.
    names : the fields of weights in it, where the stream does not say so.
    packet : bytes of a packet, where packets are blocks of rows.
    """

    stream: Stream
    width: int
    beats: Array
    whole: bool
    names: tuple[str, ...] = ()
    packet: int | None = None

    def files(self) -> dict[str, str | bytes]:
        """``image/NAME.bin``, ``.hex`` (a beat a line, for $readmemh) and ``.npy``."""
        name = f"image/{self.stream.name}"
        lines = self.beats[:, ::-1].tobytes().hex()
        each = 2 * self.width
        text = "".join(f"{lines[i : i + each]}\n" for i in range(0, len(lines), each))
        numpy = BytesIO()
        np.save(numpy, self.beats)
        return {
            f"{name}.bin": self.beats.tobytes(),
            f"{name}.hex": text,
            f"{name}.npy": numpy.getvalue(),
        }

    def to_dict(self) -> dict[str, Any]:
        """For the manifest."""
        own = [item.name for item in self.stream.fields if item.side == 0]
        packet = {} if self.packet is None else {"bytes_per_packet": self.packet}
        return packet | {
            "stream": self.stream.name,
            "beats": len(self.beats),
            "bytes_per_beat": self.width,
            "weights_alone": self.whole,
            "weight_fields": [*(self.names or own)],
        }


def images(emitted: Emitted, weight: Quantized) -> tuple[Image, ...]:
    """The images of ``weight`` for the streams of ``emitted`` that carry weights.

    DesignError for a design whose weights stay while activations pass: it sends them by sets.
    """
    engine = emitted.engine
    if emitted.plan.stationary:
        raise DesignError(
            "weights of flow weight_stationary are loaded by sets", {"flow": "broadcast"}
        )
    one = _ones(engine, weight.shape[1])
    matrices = padded(engine, Matrices(weight=weight, activation=one))
    blocks = Blocks.of((weight.shape[0], 1), emitted.plan)
    carries = [
        stream
        for stream in emitted.hardware.alone.sources
        if any(item.side == 0 for item in stream.fields)
    ]
    feed = Feed(carries, emitted.plan, matrices, blocks)
    return tuple(_image(emitted, stream, feed, len(blocks.rows)) for stream in carries)


def _ones(engine: Engine, k: int) -> Quantized:
    """One vector of activations, of which nothing is written."""
    from ..golden.quantize import quantize

    return quantize(np.ones((1, k)), engine.arithmetic.activation)


def _image(emitted: Emitted, stream: Stream, feed: Feed, blocks: int) -> Image:
    width = -(-emitted.hardware.alone.interface.beat_bits(stream) // 8)
    parts = [
        _bytes(emitted, stream, _weights_alone(stream, beats), width)
        for beats in _beats(stream, feed, blocks)
    ]
    whole = all(item.side == 0 for item in stream.fields) and not stream.last
    return Image(stream, width, np.concatenate(parts), whole)


def _beats(stream: Stream, feed: Feed, blocks: int) -> Iterator[Beats]:
    """A few blocks of rows at a time."""
    zero = np.zeros(1, np.int64)
    size = max(_CHUNK // max(len(feed.beats(stream, zero, zero)), 1), 1)
    for start in range(0, blocks, size):
        rows = np.arange(start, min(start + size, blocks))
        yield feed.beats(stream, rows, np.zeros_like(rows))


def _weights_alone(stream: Stream, beats: Beats) -> Beats:
    values = tuple(
        array if item.side == 0 else np.zeros_like(array)
        for item, array in zip(stream.fields, beats.values, strict=True)
    )
    return replace(beats, values=values, last=np.zeros_like(beats.last))


def _bytes(emitted: Emitted, stream: Stream, beats: Beats, width: int) -> Array:
    whole = pack(stream, emitted.hardware.alone.interface, beats)
    data = b"".join(beat.to_bytes(width, "little") for beat in whole)
    return np.frombuffer(data, np.uint8).reshape(-1, width)


def image_bytes(emitted: Emitted, image: Image, beats: Beats) -> bytes:
    """Beats of an image's stream as its bytes."""
    return _bytes(emitted, image.stream, beats, image.width).tobytes()


def read_back(emitted: Emitted, image: Image, data: bytes) -> dict[str, Array]:
    """The weight's fields that the bytes of an image hold: field -> (beats, values)."""
    width = image.width
    beats = [
        int.from_bytes(data[place : place + width], "little")
        for place in range(0, len(data), width)
    ]
    found = unpacked(image.stream, emitted.hardware.alone.interface, beats)
    return {
        item.name: values
        for item, values in zip(image.stream.fields, found.values, strict=True)
        if item.side == 0
    }


def differing(
    emitted: Emitted, found: Sequence[Image], weight: Quantized, data: dict[str, bytes]
) -> list[str]:
    """The arrays of ``weight`` that the bytes of its images do not give back.

    Every code and scale is looked up where the order of beats says it lies: block of rows, step,
    row, lane.
    """
    rows, k = weight.shape
    engine, wrong = emitted.engine, []
    height, step = engine.build.rows, engine.step()
    for image in found:
        values = read_back(emitted, image, data[image.stream.name])
        for item in image.stream.fields:
            if item.side != 0:
                continue
            array = values[item.name].reshape(-(-rows // height), -1, item.vectors, item.lanes)
            if item.kind == "codes":
                # (blocks, steps, rows, lanes) -> rows × K
                whole = array.transpose(0, 2, 1, 3).reshape(-1, array.shape[1] * step)
                whole = whole[:rows, :k]
                wanted = np.asarray(weight.codes[item.array])
            elif item.kind == "scales":
                level = next(x for x in weight.operand.levels if x.name == item.array)
                whole, wanted = _scales(array, weight, level, (rows, k), engine)
            else:
                continue
            if not np.array_equal(whole.astype(np.int64), wanted.astype(np.int64)):
                wrong.append(item.name)
    return wrong


def _scales(
    array: Array, weight: Quantized, level: Any, shape: tuple[int, int], engine: Engine
) -> tuple[Array, Array]:
    """A level's scales as stored in beats, and as they are, one a row and group of the beats."""
    rows, k = shape
    found = array[..., 0].transpose(0, 2, 1).reshape(-1, array.shape[1])
    wanted = np.asarray(weight.scales[level.name])
    if array.shape[2] == 1:  # one for all rows of a block
        found = np.repeat(array[:, :, 0, 0], engine.build.rows, axis=0)
    found = found[:rows]
    beats = found.shape[1]
    columns = -(-k // beats) if level.span.columns else k
    group = engine.arithmetic.group or k
    each = group if level.span.columns else columns
    places = np.minimum(np.arange(beats) * each, k - 1) // (level.span.columns or k)
    index = np.arange(rows) // (level.span.rows or max(rows, 1))
    return found, wanted[np.ix_(index, places)]
