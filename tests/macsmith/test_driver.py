"""The driver of boards between simulated DMAs: what it sends and reads is macsmith's."""

import json
import subprocess
import sys

import numpy as np
import pytest
from dmas import PAUSES, simulated
from macsmith.golden import packets as golden
from macsmith.golden.streams import Beats
from macsmith.hw.catalogue import hardware
from macsmith.hw.text.emit import emit
from programs import needs_icarus

from macsmith import Options, design, generate, matmul, quantize
from macsmith.driver import Engine, Packets
from macsmith.manifest import manifest

SMALL = {"rows": 4, "cols": 2, "lanes": 4, "k_max": 256, "axis_width": 32}
DESIGNS = {
    "two streams": ("w4a8", {"interleave": True}),
    "four streams": ("w4a8", {}),
    "gathered": ("nvfp4", {"interleave": True, "lanes": 8}),
    "once": ("w8a8", {"interleave": True, "axis_width": 128}),
    "raw": ("int8xint8", {}),
    "half": ("w4a8", {"interleave": True, "output": "bf16"}),
    "no signs": ("uint4xuint8", {"output": "raw"}),
    "sparse": ("nm_sparse", {}),
    "own widths": ("w4a8", {"axis_width": "32,weight=128,result=64"}),
    "own widths in front": ("w4a8", {"interleave": True, "axis_width": "64,weight=256"}),
}
#: Results, elements of K and vectors: neither the last rows nor the last columns fill a block.
N, K, M = 10, 256, 5


class Channel:
    """A DMA's channel: what was sent, or what is received, packet by packet."""

    def __init__(self, answers=()):
        self.packets, self.answers, self.buffer = [], list(answers), None

    def transfer(self, buffer):
        assert self.buffer is None, "a transfer before the last one has ended"
        self.buffer = buffer

    def wait(self):
        if self.answers:
            data = self.answers.pop(0)
            self.buffer[: len(data)] = np.frombuffer(data, np.uint8)
        else:
            self.packets.append(self.buffer.tobytes())
        self.buffer = None


def arrays(given):
    """What the driver takes, out of a quantized matrix."""
    found = {name: np.asarray(codes) for name, codes in given.codes.items()}
    found |= {name: np.asarray(scales) for name, scales in given.scales.items()}
    found |= {} if given.indices is None else {"index": np.asarray(given.indices)}
    return found


def matrices(engine, seed=1):
    rng, arithmetic = np.random.default_rng(seed), engine.arithmetic
    low, most = 0 if engine.name == "no_signs" else -1, 9 if arithmetic.levels else 63
    sides = ((N, arithmetic.weight), (M, arithmetic.activation))
    return [
        quantize(np.round(most * rng.uniform(low, 1, (rows, K))), operand)
        for rows, operand in sides
    ]


def driven(engine, told, weight, activation, answers=()):
    """The driver's results, and the packets that it sent."""
    packets = Packets(told)
    send = {name: Channel() for name in packets.inputs}
    many = answers or [bytes(packets.result_bytes)] * 100
    machine = Engine(told, send, Channel(many), lambda shape, dtype: np.zeros(shape, dtype))
    found = machine.multiply(arrays(weight), arrays(activation))
    return found, {name: channel.packets for name, channel in send.items()}


def answered(engine, sent):
    """The golden model's packets of results for those of the inputs."""
    whole = hardware(engine)
    given = {}
    for stream in whole.sources:
        size, rows, keeps, lasts = whole.sizes[stream.name], [], [], []
        for packet in sent[stream.name]:
            count = -(-len(packet) // size)
            fill = (0, count * size - len(packet))
            rows.append(np.pad(np.frombuffer(packet, np.uint8), fill).reshape(count, size))
            keeps.append(np.pad(np.ones(len(packet), np.uint8), fill).reshape(count, size))
            lasts.append(np.arange(count) == count - 1)
        given[stream.name] = Beats((np.concatenate(rows), np.concatenate(keeps)), (None, None),
                                   np.concatenate(lasts))  # fmt: skip
    found = whole.answer(given)["result"]
    data, ends = golden.received(found, 1)
    places = [0, *(np.flatnonzero(ends) + 1).tolist()]
    return [data[a:b].tobytes() for a, b in zip(places, places[1:], strict=False)]


@pytest.mark.parametrize("name", DESIGNS)
def test_what_it_sends_and_reads_is_what_the_golden_model_takes_and_gives(name):
    preset, options = DESIGNS[name]
    engine = design(preset, Options(**SMALL | options, name=name.replace(" ", "_")))
    told = json.loads(json.dumps(manifest(emit(engine), [])))
    weight, activation = matrices(engine)
    _, sent = driven(engine, told, weight, activation)
    answers = answered(engine, sent)
    assert len(answers) == 3 * 3  # blocks of rows and of columns
    found, again = driven(engine, told, weight, activation, answers)
    assert again == sent
    wanted = matmul(engine, weight, activation).values
    assert found.shape == wanted.shape == (N, M)
    if options.get("output") == "bf16":
        found = found.view(np.uint32) >> 16
    elif found.dtype == np.float32:
        found = found.view(np.uint32)
    assert (found == wanted.astype(np.int64)).all() and np.unique(wanted).size > 20


@needs_icarus
def test_hardware_gives_the_same_packets(tmp_path):
    engine = design("w4a8", Options(**SMALL, interleave=True, name="driven"))
    made = generate(engine, tmp_path / "driven", tiles=1).folder
    told = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    weight, activation = matrices(engine)
    _, sent = driven(engine, told, weight, activation)
    job = {"sent": {name: [packet.hex() for packet in parts] for name, parts in sent.items()},
           "wanted": [packet.hex() for packet in answered(engine, sent)],
           "pauses": PAUSES["all"]}  # fmt: skip
    code, said = simulated(made, job)
    assert code == 0 and "1 tests, 0 failed" in said, said


def test_the_folder_has_it_and_it_runs_without_macsmith(tmp_path):
    """As a board has it: NumPy, the manifest and this file."""
    engine = design("w4a8", Options(**SMALL, interleave=True, name="driven"))
    made = generate(engine, tmp_path / "driven", tiles=1).folder
    code = (
        "import sys, driver; print(driver.Packets('manifest.json').fields, "
        "{'macsmith', 'amaranth'} & {*sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=made, capture_output=True, text=True,
                         env={"PYTHONPATH": str(made)}, check=True)  # fmt: skip
    assert "{'weight': ['code', 'scale', 'zero'], 'activation': ['code', 'scale']}" in run.stdout
    assert run.stdout.endswith(" set()\n")
    plain = generate(design("w4a8", Options(name="plain")), tmp_path / "plain", tiles=1).folder
    assert not (plain / "driver.py").exists()


@pytest.fixture(scope="module")
def told():
    engine = design("w4a8", Options(**SMALL, interleave=True, name="driven"))
    return manifest(emit(engine), [])


def test_what_does_not_fit_is_one_line(told):
    found = Packets(told)
    x = {"code": np.zeros((2, 128), int), "scale": np.zeros((2, 1), int)}
    w = {"code": np.zeros((4, 128), int), "scale": np.zeros((4, 1), int), "zero": np.zeros((4, 1))}
    for weight, message in (
        ({"code": w["code"]}, "the weight of driven is code, scale, zero, got code"),
        (w | {"code": np.zeros((4, 126), int)}, "multiples of 4 codes, got 126"),
        (w | {"code": np.zeros((4, 256), int)}, "the same K, up to 256, .* got 256 and 128"),
        (w | {"scale": np.zeros((3, 1), int)}, "weight_scale repeats to 4 rows and 1 groups"),
    ):
        with pytest.raises(ValueError, match=message) as raised:
            found.packet("weight", {"weight": weight, "activation": x}, 0, 0)
        assert "\n" not in str(raised.value)
    with pytest.raises(ValueError, match="the inputs weight, activation, got channels for none"):
        Engine(told, {}, None, np.zeros)
    with pytest.raises(ValueError, match="plain is no engine with packets: .* --axis-width"):
        Packets({"name": "plain"})


REFUSED = {
    "modes": ("simd", {}, "simd has several modes"),
    "flags": ("e5m2xint4", {}, "raw results with flags, or of many bits: use --output"),
    "initial": ("int8xint8", {"initial": "int32"}, "takes what sums start from"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_engine_that_it_does_not_drive_is_named(case):
    preset, options, said = REFUSED[case]
    shape = {"rows": 2, "cols": 1, "lanes": 2, "k_max": 64, "axis_width": 32}
    engine = design(preset, Options(**shape | options, name=preset))
    with pytest.raises(ValueError, match=said):
        Packets(manifest(emit(engine), []))
