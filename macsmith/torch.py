"""PyTorch layers whose results are the hardware's, bit for bit. Needs PyTorch, which macsmith does
not install.

>>> from macsmith import design
>>> from macsmith.torch import Linear, replace_linear       # doctest: +SKIP
>>> layer = Linear.of(torch.nn.Linear(64, 8), design("mxfp4"))  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .golden.description import Engine
from .golden.errors import DesignError
from .golden.matmul import matmul
from .golden.quantize import quantize
from .golden.tensor import Quantized

__all__ = ["Linear", "linear", "replace_linear"]


class Linear(torch.nn.Module):
    """Multiplies by quantized weights as an engine does: what ``macsmith.matmul`` answers.

    Activations are quantized by the engine's own rule, in float64 from what they are; results are
    in the type of the activations, rounded if that is narrower than the engine's. No gradients
    flow through it.

    Parameters
    ----------
    engine : of one mode, with a float result.
    weight : (out_features, in_features), as the engine takes it; real values are quantized.
    bias : (out_features,) or None; added to the results in FP32.
    inputs : input i of the weight is input ``inputs[i]`` of the layer; None where they are alike.
    """

    def __init__(
        self,
        engine: Engine,
        weight: Quantized | Any,
        bias: Any = None,
        inputs: Any = None,
    ):
        super().__init__()
        if len(engine.modes) != 1 or engine.arithmetic.outputs != 1:
            raise DesignError(f"{engine.name} has several modes or outputs: a layer has one")
        if engine.arithmetic.output.bias is not None or engine.arithmetic.initial is not None:
            raise DesignError(
                f"{engine.name} adds a bias itself: leave it out, a layer adds its own"
            )
        self.engine = engine
        if not isinstance(weight, Quantized):
            weight = quantize(_numbers(weight), engine.arithmetic.weight)
        self.weight = weight
        self.out_features, self.in_features = weight.shape
        self.register_buffer("bias", None if bias is None else torch.as_tensor(bias).detach())
        self.inputs = None if inputs is None else torch.as_tensor(np.asarray(inputs))

    @classmethod
    def of(cls, layer: torch.nn.Linear, engine: Engine) -> Linear:
        """``layer`` with its weights quantized for ``engine``."""
        return cls(engine, layer.weight, layer.bias)

    @torch.no_grad()
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(…, in_features) -> (…, out_features)."""
        if x.shape[-1] != self.in_features:
            raise DesignError(f"the layer takes {self.in_features} inputs, got {tuple(x.shape)}")
        flat = x.reshape(-1, self.in_features)
        if self.inputs is not None:
            flat = flat[:, self.inputs.to(x.device)]
        codes = quantize(_numbers(flat), self.engine.arithmetic.activation)
        found = matmul(self.engine, self.weight, codes).decode().T
        y = torch.from_numpy(np.ascontiguousarray(found, np.float32)).to(x.device)
        if self.bias is not None:
            y = y + self.bias.to(torch.float32)
        return y.to(x.dtype).reshape(*x.shape[:-1], self.out_features)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}, design={self.engine.name}"


def linear(engine: Engine) -> Callable[[torch.nn.Linear], Linear]:
    """What makes a layer of ``engine`` of a PyTorch layer: ``linear(design("nvfp4"))(layer)``."""
    return lambda layer: Linear.of(layer, engine)


def replace_linear(
    model: torch.nn.Module, engine: Engine, keep: Callable[[str], bool] = lambda name: False
) -> int:
    """Replace every ``torch.nn.Linear`` inside ``model``; returns how many there were.

    ``keep`` is asked for each by its name, such as ``layers.0.mlp.up_proj``; those stay.
    """
    found = [
        (name, layer)
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and name and not keep(name)
    ]
    for name, layer in found:
        above, _, own = name.rpartition(".")
        setattr(model.get_submodule(above), own, Linear.of(layer, engine))
    return len(found)


def _numbers(tensor: Any) -> Any:
    """A tensor of any float type as float64, exactly."""
    return torch.as_tensor(tensor).detach().to("cpu", torch.float64).numpy()
