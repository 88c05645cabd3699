"""Layers of PyTorch that give the golden bits: ``make test-torch``."""

import copy

import numpy as np
import pytest
import torch
from macsmith.golden.errors import DesignError

from macsmith import design, matmul, quantize
from macsmith.torch import Linear, linear, replace_linear

DESIGNS = ("w4a8", "nvfp4", "mxfp8_e4m3", "w8a8", "gguf_q4_1")


def digits():
    """Real data: scikit-learn's digits, standardised, 64 features."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return torch.from_numpy(((x - x.mean()) / x.std()).astype(np.float32)), torch.from_numpy(y)


def trained():
    """A small network that knows the digits."""
    torch.manual_seed(1)
    x, y = digits()
    net = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x[:1200]), y[:1200]).backward()
        optimizer.step()
    return net


@pytest.fixture(scope="module")
def net():
    return trained()


def accuracy(net):
    x, y = digits()
    return float((net(x[1200:]).argmax(-1) == y[1200:]).float().mean())


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_results_are_those_of_matmul(net, name, dtype):
    engine, layer = design(name), net[0]
    x = digits()[0][:32].to(dtype)
    found = Linear.of(layer, engine)(x)
    weight = quantize(layer.weight.detach().double().numpy(), engine.arithmetic.weight)
    codes = quantize(x.double().numpy(), engine.arithmetic.activation)
    wanted = matmul(engine, weight, codes).decode().T.astype(np.float32)
    wanted = wanted + layer.bias.detach().numpy()
    assert found.dtype == dtype
    assert torch.equal(found, torch.from_numpy(wanted).to(dtype))


def test_shapes_and_the_order_of_inputs():
    engine = design("w8a8")
    rng = np.random.default_rng(1)
    weight, order = rng.normal(size=(6, 64)), rng.permutation(64)
    x = torch.from_numpy(rng.normal(size=(2, 3, 64)))
    plain = Linear(engine, weight)(x)
    assert plain.shape == (2, 3, 6)
    assert torch.equal(Linear(engine, weight[:, order], inputs=order)(x), plain)
    with pytest.raises(DesignError, match="takes 64 inputs"):
        Linear(engine, weight)(x[..., :32])
    with pytest.raises(DesignError, match="several modes or outputs"):
        Linear(design("ifairy"), weight)


def test_a_network_keeps_its_accuracy(net):
    before = accuracy(net)
    assert before > 0.85
    for name in ("w8a8", "nvfp4"):
        changed = copy.deepcopy(net)
        assert replace_linear(changed, design(name)) == 2
        assert not any(isinstance(layer, torch.nn.Linear) for layer in changed.modules())
        assert abs(accuracy(changed) - before) < 0.04
    changed = copy.deepcopy(net)
    assert replace_linear(changed, design("w8a8"), keep=lambda name: name == "2") == 1
    assert "design=w8a8" in repr(changed)


def test_the_state_of_a_layer_can_be_saved(net, tmp_path):
    layer = linear(design("w4a8"))(net[2])
    torch.save(layer.state_dict(), tmp_path / "layer.pt")
    layer.load_state_dict(torch.load(tmp_path / "layer.pt", weights_only=True))
