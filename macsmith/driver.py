"""Drives an engine behind AXI DMAs: matrices of codes and scales in, results out.

Needs Python 3.9 and NumPy, and manifest.json of the engine's folder, into which this file is
written too: a board has no need of macsmith. On a board with PYNQ:

    import pynq
    from driver import Engine

    board = pynq.Overlay("system.bit")
    dmas = {"weight": board.weight_dma, "activation": board.activation_dma}
    engine = Engine(
        "manifest.json",
        send={name: dma.sendchannel for name, dma in dmas.items()},
        receive=board.activation_dma.recvchannel,
    )
    results = engine.multiply(weight={"code": w, "scale": s}, activation={"code": x})

Codes and scales are the bit patterns of their formats, as integers; ``Engine.fields`` names them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

#: Formats of results that NumPy has, by the names of the manifest.
FLOATS: dict[str, Any] = {"fp32": np.float32, "fp16": np.float16}

#: Arrays by name, of the weight and of the activation.
Matrices = Mapping[str, Mapping[str, Any]]


class Packets:
    """Matrices as the packets that an engine's streams take, and results out of packets.

    Parameters
    ----------
    manifest : its path, or what it holds. Raises ValueError for an engine whose streams are no
        packets, and for one of several modes.
    """

    def __init__(self, manifest: str | Path | dict[str, Any]):
        told: dict[str, Any] = (
            manifest
            if isinstance(manifest, dict)
            else json.loads(Path(manifest).read_text(encoding="utf-8"))
        )
        name = told.get("name")
        if "records" not in told or "shape" not in told:
            raise ValueError(f"{name} is no engine with packets: generate it with --axis-width")
        if len(told["modes"]) > 1:
            raise ValueError(f"{name} has several modes: drive each as an engine of its own")
        self.name, self.records = name, told["records"]
        shape, [mode] = told["shape"], told["modes"]
        self.rows, self.cols, self.k_max = shape["rows"], shape["cols"], told["k_max"]
        self.step, self.group = mode["elements_per_step"], told["group"]
        self.inputs = [key for key in self.records if key != "result"]
        [self.result] = self.records["result"]["fields"]
        if self.result["flags"] or self.result["value_bits"] > 62:
            raise ValueError(f"{name} has raw results with flags, or of many bits: use --output")

        holds = {
            field["holds"]
            for stream in self.inputs
            for record in self._records(stream)
            for field in record["fields"]
        }
        if "initial" in holds:
            raise ValueError(f"{name} takes what sums start from: that has no driver")

    @property
    def fields(self) -> dict[str, list[str]]:
        """The names of the arrays of each side, such as {"weight": ["code", "scale"], ...}."""
        found: dict[str, list[str]] = {"weight": [], "activation": []}
        for stream in self.inputs:
            for record in self._records(stream):
                for field in record["fields"]:
                    side, key = _side(stream, field)
                    found[side].append(key)
        return found

    def _records(self, stream: str) -> list[dict[str, Any]]:
        whole = self.records[stream]
        riding = [whole["frame"]["record"]] if "frame" in whole else []
        return [whole, *whole.get("once_a_reduction", {}).get("records", ()), *riding]

    def by_reduction(self, stream: str) -> bool:
        """Whether each reduction is a packet of its own; else all of them may be one."""
        return bool(self.records[stream]["packet"] == "reduction")

    def blocks(self, matrices: Matrices) -> tuple[int, int, int]:
        """How many blocks of rows and of columns there are, and the steps of a reduction.

        Raises ValueError for arrays that do not fit.
        """
        wanted = self.fields
        for side in wanted:
            if set(matrices[side]) != set(wanted[side]):
                named = ", ".join(wanted[side])
                raise ValueError(f"the {side} of {self.name} is {named}, got "
                                 f"{', '.join(matrices[side]) or 'nothing'}")  # fmt: skip
        counts, steps = {}, {}
        for side, size in (("weight", self.rows), ("activation", self.cols)):
            rows, width = np.shape(matrices[side]["code"])
            lanes = next(f["lanes"] for f in self.records[side]["fields"] if f["name"] == "code")
            if width % lanes:
                raise ValueError(f"rows of the {side} have multiples of {lanes} codes, got {width}")
            counts[side], steps[side] = -(-rows // size), width // lanes
        k = self.step * steps["weight"]
        if len(set(steps.values())) > 1 or k > self.k_max or k % (self.group or 1):
            raise ValueError(
                f"rows of both have the same K, up to {self.k_max}, a multiple of "
                f"{self.group or self.step}, got {k} and {self.step * steps['activation']}"
            )
        return counts["weight"], counts["activation"], steps["weight"]

    def packet(self, stream: str, matrices: Matrices, row: int, col: int) -> Any:
        """What ``stream`` takes for a reduction, uint8: block ``row`` of the weight's rows times
        block ``col`` of the activation's."""
        *_, steps = self.blocks(matrices)
        whole = self.records[stream]
        groups = steps * self.step // self.group if self.group else 1
        beats = {"step": steps, "group": groups}.get(whole["per"], 1)

        def bits(record: dict[str, Any], count: int) -> Any:
            return self._record(stream, record, matrices, (row, col), count)

        codes = bits(whole, beats)
        once = whole.get("once_a_reduction")
        front = [bits(record, 1).ravel() for record in once["records"]] if once else []
        front = _filled(np.concatenate(front), whole["bytes"]) if once else codes[:0]
        if "frame" not in whole:
            return np.concatenate([front, codes]).ravel()
        frame, found = whole["frame"], [front]
        scales = bits(frame["record"], groups)
        for first in range(0, groups, frame["groups"]):
            last = min(first + frame["groups"], groups)
            given = _filled(scales[first:last].ravel(), whole["bytes"], frame["beats"])
            each = frame["steps_per_group"]
            found += [given, codes[first * each : last * each]]
        return np.concatenate(found).ravel()

    def _record(
        self,
        stream: str,
        record: dict[str, Any],
        matrices: Matrices,
        block: tuple[int, int],
        count: int,
    ) -> Any:
        """So many beats of a record, uint8 (beats, bytes)."""
        bits = np.zeros((count, 8 * record["bytes"]), np.uint8)
        for field in record["fields"]:
            side, key = _side(stream, field)
            size = self.rows if side == "weight" else self.cols
            number = block[side == "activation"]
            array = np.asarray(matrices[side][key])
            values = _values(field, array, len(matrices[side]["code"]), size, number, count)
            wide, low = field["value_bits"], field["offset_bits"]
            shown = (values.astype(np.int64)[..., None] >> np.arange(wide)) & 1
            for index in range(values.shape[1]):
                at = low + index * field["stride_bits"]
                bits[:, at : at + wide] = shown[:, index]
                if field["padding"] == "sign":
                    top = shown[:, index, -1:]
                    bits[:, at + wide : at + field["stride_bits"]] = top
        return np.packbits(bits, axis=1, bitorder="little")

    @property
    def result_bytes(self) -> int:
        """Bytes of the packet of a reduction's results."""
        values = self.result["vectors"] * self.result["lanes"]
        return int(self.rows * self.cols // values * self.records["result"]["bytes"])

    def results(self, data: Any) -> Any:
        """The results in the bytes of a packet, (rows, cols): floats, or integers as the manifest's
        ``unit_exponent`` scales them."""
        record, size = self.records["result"], self.result["stride_bits"] // 8
        count = self.result["vectors"] * self.result["lanes"]
        bytes_ = np.frombuffer(data, np.uint8)[: self.result_bytes].reshape(-1, record["bytes"])
        parts = bytes_[:, : count * size].reshape(-1, size)
        wide = np.zeros((len(parts), 8), np.uint8)
        wide[:, :size] = parts
        if self.result["padding"] == "sign":
            wide[:, size:] = np.where(parts[:, -1:] & 128, 255, 0)
        values = wide.view("<i8").reshape(self.rows, self.cols)
        form = self.result["format"]
        if form in FLOATS:
            return values.astype(f"<u{size}").view(FLOATS[form])
        if form == "bf16":
            return (values.astype("<u4") << 16).view(np.float32)
        return values


class Engine:
    """An engine with DMAs at its streams.

    Parameters
    ----------
    manifest : as of :class:`Packets`.
    send : for each input stream a channel, as PYNQ has them: ``transfer(buffer)``, ``wait()``.
    receive : the channel of the results.
    allocate : makes a buffer that DMAs see: ``allocate(shape, dtype)``; pynq's unless given.
    """

    def __init__(
        self,
        manifest: str | Path | dict[str, Any],
        send: Mapping[str, Any],
        receive: Any,
        allocate: Callable[..., Any] | None = None,
    ):
        self.packets = Packets(manifest)
        if set(send) != set(self.packets.inputs):
            raise ValueError(
                f"{self.packets.name} has the inputs {', '.join(self.packets.inputs)}, got "
                f"channels for {', '.join(send) or 'none'}"
            )
        if allocate is None:
            import pynq

            allocate = pynq.allocate
        self.send, self.receive, self.allocate = send, receive, allocate

    @property
    def fields(self) -> dict[str, list[str]]:
        """The names of the arrays of each side."""
        return self.packets.fields

    def multiply(self, weight: Mapping[str, Any], activation: Mapping[str, Any]) -> Any:
        """weight (N x K) times activation (M x K), transposed: N x M.

        Parameters
        ----------
        weight, activation : arrays by name: ``code`` of all elements, and what else ``fields``
            names: (N or fewer, groups or fewer), repeated to fill. K is the same for both.
        """
        packets, matrices = self.packets, {"weight": weight, "activation": activation}
        down, across, _ = packets.blocks(matrices)
        rows, cols = len(weight["code"]), len(activation["code"])
        found = self.allocate(shape=(packets.result_bytes,), dtype=np.uint8)
        results = []
        for col in range(across):
            whole = {
                stream: [packets.packet(stream, matrices, row, col) for row in range(down)]
                for stream in packets.inputs
            }
            # What may be one packet is sent as one; it flows while reductions are sent.
            open_, each = {}, {}
            for stream, parts in whole.items():
                if packets.by_reduction(stream):
                    each[stream] = [self._buffer(part) for part in parts]
                else:
                    open_[stream] = self._buffer(np.concatenate(parts))
                    self.send[stream].transfer(open_[stream])
            for row in range(down):
                self.receive.transfer(found)
                for stream, buffers in each.items():
                    self.send[stream].transfer(buffers[row])
                for stream in each:
                    self.send[stream].wait()
                self.receive.wait()
                results.append(packets.results(np.array(found)).copy())
            for stream in open_:
                self.send[stream].wait()
        blocks = np.array(results).reshape(across, down, packets.rows, packets.cols)
        product = blocks.transpose(1, 2, 0, 3).reshape(down * packets.rows, -1)
        return product[:rows, :cols]

    def _buffer(self, data: Any) -> Any:
        found = self.allocate(shape=data.shape, dtype=np.uint8)
        found[:] = data
        if hasattr(found, "flush"):
            found.flush()
        return found


def _side(stream: str, field: dict[str, Any]) -> tuple[str, str]:
    """Whose array a field has, and its name there."""
    if stream == "activation":
        side = "activation"
    else:
        side = "activation" if field["name"].startswith("activation_") else "weight"
    name = field["name"]
    return side, name[len(side) + 1 :] if name.startswith(side + "_") else name


def _values(
    field: dict[str, Any], array: Any, rows: int, size: int, number: int, count: int
) -> Any:
    """A field's values in a block of ``size`` rows, (beats, vectors x lanes)."""
    if array.ndim == 1:
        array = array[:, None]
    if field["holds"] in ("codes", "index"):
        picked = array[np.minimum(np.arange(number * size, (number + 1) * size), rows - 1)]
        parts = picked.reshape(size, count, field["lanes"]).transpose(1, 0, 2)
        return parts.reshape(count, -1)
    if count % array.shape[1] or rows % len(array):
        raise ValueError(
            f"{field['name']} repeats to {rows} rows and {count} groups, got {array.shape}"
        )
    array = np.repeat(array, count // array.shape[1], axis=1)
    array = np.repeat(array, rows // len(array), axis=0)
    place = np.arange(number * size, number * size + field["vectors"])
    return array[np.minimum(place, rows - 1)].T


def _filled(data: Any, size: int, beats: int = 0) -> Any:
    """Bytes filled up to whole beats of ``size``, of which there are ``beats`` at least."""
    beats = max(beats, -(-len(data) // size))
    return np.pad(data, (0, beats * size - len(data))).reshape(beats, size)
