"""The dot product of one step: a product a lane and the tree that sums them."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..golden.bounds import of_format
from ..golden.flags import Reachable
from ..golden.formats import Format
from .product import FlaggedLayout, Product, flag_names
from .shapes import DecodedLayout
from .tree import AdderTree, tree_latency


class DotProduct(wiring.Component):
    """Exact dot product of ``lanes`` pairs of decoded elements.

    Latency is ``latency`` cycles in which ``enable`` is high, throughput one dot product a cycle.
    Never overflows. A flag is raised if any lane raises it.

    Parameters
    ----------
    weight, activation : :class:`Format`
        Element formats.
    lanes : :class:`int`
        Number of pairs multiplied each cycle.
    pipeline : :class:`int`
        Levels of the adder tree between two registers.
    infinite : :class:`bool`
        Whether the elements come with sign and zero told apart; by default where needed.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    weight, activation : :py:`In(ArrayLayout(DecodedLayout(…), lanes))`
        The elements.
    o : :py:`Out(FlaggedLayout(…))`
        The sum in units of ``2**(weight.lsb + activation.lsb)``, and the flags.
    """

    def __init__(
        self,
        weight: Format,
        activation: Format,
        lanes: int,
        pipeline: int = 1,
        *,
        infinite: bool = False,
    ):
        self.weight_format = weight
        self.activation_format = activation
        self.lanes = lanes
        self.pipeline = pipeline
        self.product = of_format(weight) * of_format(activation)
        self.range = self.product.times(lanes)
        self.flags = Reachable.of(weight, activation)
        self.infinite = infinite = infinite or self.flags.infinite
        super().__init__(
            {
                "enable": In(1),
                "weight": In(data.ArrayLayout(DecodedLayout(weight, infinite=infinite), lanes)),
                "activation": In(
                    data.ArrayLayout(DecodedLayout(activation, infinite=infinite), lanes)
                ),
                "o": Out(FlaggedLayout(self.range, self.flags)),
            }
        )

    @property
    def latency(self) -> int:
        return 1 + tree_latency(self.lanes, self.pipeline)

    def elaborate(self, platform):
        m = Module()
        m.submodules.tree = tree = AdderTree(self.product, self.lanes, self.pipeline)
        m.d.comb += [tree.enable.eq(self.enable), self.o.value.eq(tree.o)]

        # One product a lane, registered.
        products = []
        for lane in range(self.lanes):
            product = Product(self.weight_format, self.activation_format, infinite=self.infinite)
            m.submodules[f"product_{lane}"] = product
            register = Signal(product.o.shape(), name=f"product_{lane}", reset_less=True)
            m.d.comb += [
                product.weight.eq(self.weight[lane]),
                product.activation.eq(self.activation[lane]),
                tree.i[lane].eq(register.value),
            ]
            with m.If(self.enable):
                m.d.sync += register.eq(product.o)
            products.append(register)

        # Flags travel beside the tree: any lane's, delayed by as many cycles.
        for name in flag_names(self.flags):
            flag = Signal.like(self.o[name], name=f"{name}_any")
            m.d.comb += flag.eq(_any([register[name] for register in products]))
            for stage in range(tree.latency):
                delayed = Signal.like(flag, name=f"{name}_{stage}", reset_less=True)
                with m.If(self.enable):
                    m.d.sync += delayed.eq(flag)
                flag = delayed
            m.d.comb += self.o[name].eq(flag)
        return m


def _any(flags):
    value = flags[0]
    for other in flags[1:]:
        value = value | other
    return value
