"""Whole networks in NumPy, in which every product with weights is one of our designs, or FP32."""

from .network import open_network
from .product import DesignProduct, FloatProduct, Product, product

__all__ = ["DesignProduct", "FloatProduct", "Product", "open_network", "product"]
