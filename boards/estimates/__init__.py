"""What Vivado would say of a design that yosys mapped: estimates with error bars, from public data.

``vivado_xtramac.csv`` has the data; its first lines say where they are from.
"""

from .figure import Figure
from .vivado import Vivado, estimated

__all__ = ["Figure", "Vivado", "estimated"]
