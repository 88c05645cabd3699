"""What vendors' tools and routers would say of a design that yosys mapped, with error bars.

``vivado_xtramac.csv`` and ``routed.csv`` have the data; their first lines say where they are from.
"""

from .figure import Figure
from .model import Estimate
from .routed import reached
from .vivado import Vivado, estimated

__all__ = ["Estimate", "Figure", "Vivado", "estimated", "reached"]
