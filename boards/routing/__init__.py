"""Boards of families with an open router: placed and routed, with what the router measures."""

from .result import Routed, Run
from .route import ROUTERS, checked, route, router_of
from .simulated import after

__all__ = ["ROUTERS", "Routed", "Run", "after", "checked", "route", "router_of"]
