"""What the scripts here share: a case's folder, and its line in ``expected.json``.

The checkpoints here were written by the tools that own the formats, and what is expected of them
are the weights that those tools themselves compute. Each ``make_*.py`` writes one tool's cases and
runs in an environment of its own, which its docstring names; the tests need none of the tools.
"""

import hashlib
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def digest(weights) -> str:
    """Of weights that FP32 holds; zeros without a sign, which tools lose in different places."""
    exact = np.asarray(weights, np.float32)
    return hashlib.sha256((exact + np.float32(0)).tobytes()).hexdigest()


def folder(tool: str, case: str) -> Path:
    """An empty one."""
    path = HERE / tool / case
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def configure(path: Path, config: dict, name: str = "config.json") -> None:
    """What says how to read the checkpoint."""
    (path / name).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def expect(path: Path, layer: str, weights, rounding: str, tools: list[str]) -> None:
    """The layer's weights, (rows, K) of FP32 values, and how the tool rounds them.

    ``tools``: packages by name, those that are not installed with their version behind it.
    """
    index = HERE / "expected.json"
    lines = json.loads(index.read_text(encoding="utf-8")) if index.exists() else {}
    weights = np.asarray(weights, np.float32)
    lines[path.relative_to(HERE).as_posix()] = {
        "by": [tool if " " in tool else f"{tool} {version(tool)}" for tool in tools],
        "layer": layer,
        "rounding": rounding,
        "shape": weights.shape,
        "first": weights[0, :4].tolist(),
        "sha256": digest(weights),
    }
    index.write_text(json.dumps(lines, indent=1, sort_keys=True) + "\n", encoding="utf-8")
