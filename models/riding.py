"""Images of weights as they are streamed where scales ride in front of their codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..golden.interleave import Carrier, whole
from ..golden.streams import Beats, Stream
from ..hw.system.converted import ConvertedHardware
from ..hw.system.crossed import in_one_die
from ..hw.text.emit import Emitted
from .image import Image, image_bytes, read_back


def ridden(emitted: Emitted, found: Sequence[Image], blocks: int) -> tuple[Image, ...]:
    """Those images as the design takes them: as they are, or one, of the weight's stream, in which
    the others ride.

    Parameters
    ----------
    found : the images of the engine's own streams.
    blocks : of rows, each a packet where something stands in front of each.
    """
    carrier = _carrier(emitted)
    if carrier is None:
        return tuple(found)
    images = {image.stream.name: image for image in found}
    beats = {carrier.stream.name: _beats(emitted, images[carrier.stream.name], carrier.stream)}
    for item in carrier.riders:
        given = images.get(item.name)
        beats[item.name] = _zeros(item, blocks) if given is None else _beats(emitted, given, item)
    units, _ = carrier.joined(beats, _ends(carrier, len(beats[carrier.stream.name]), blocks))
    names = [f.name for item in (carrier.stream, *carrier.riders) for f in item.fields
             if f.side == 0]  # fmt: skip
    alone = all(f.side == 0 for item in carrier.riders for f in item.fields)
    packet = units.size // blocks if carrier.by_reduction else None
    return (Image(carrier.units, carrier.size, units, alone, tuple(names), packet),)


def parted(
    emitted: Emitted, found: Sequence[Image], data: Mapping[str, bytes], blocks: int
) -> dict[str, bytes]:
    """Out of the bytes of :func:`ridden`: those of the engine's own images, which are ``found``."""
    carrier = _carrier(emitted)
    if carrier is None:
        return dict(data)
    units = np.frombuffer(data[carrier.stream.name], np.uint8).reshape(-1, carrier.size)
    ends = _ends(carrier, len(units), blocks)
    parts = carrier.parted(units, ends)
    own = {item.name: item for item in (carrier.stream, *carrier.riders)}
    made = {}
    for image in found:
        part, beats = own[image.stream.name], parts[image.stream.name]
        has = {field.name for field in part.fields}
        rest = replace(image.stream, fields=tuple(f for f in image.stream.fields
                                                  if f.name not in has))  # fmt: skip
        sides = [(part, beats), *([(rest, _zeros(rest, len(beats)))] if rest.fields else [])]
        made[image.stream.name] = image_bytes(emitted, image, whole(image.stream, sides))
    return made


def _carrier(emitted: Emitted) -> Carrier | None:
    """What rides in front of weights."""
    found = in_one_die(emitted.hardware)
    return found.carriers.get("weight") if isinstance(found, ConvertedHardware) else None


def _ends(carrier: Carrier, count: int, blocks: int) -> np.ndarray:
    """Which beats end packets: of each block of rows, or of the matrix."""
    each = count // blocks if carrier.by_reduction else count
    return np.asarray(np.arange(count) % each == each - 1)


def _beats(emitted: Emitted, image: Image, part: Stream) -> Beats:
    """Beats of ``part`` of a stream, as an image of the stream has them."""
    values = read_back(emitted, image, image.beats.tobytes())
    count = len(image.beats)
    found = [values.get(f.name, np.zeros((count, f.count), int)) for f in part.fields]
    return Beats(tuple(found), (None,) * len(found), np.zeros(count, bool))


def _zeros(item: Stream, count: int) -> Beats:
    found = [np.zeros((count, field.count), int) for field in item.fields]
    return Beats(tuple(found), (None,) * len(found), np.zeros(count, bool))
