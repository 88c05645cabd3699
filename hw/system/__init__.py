"""Designs put together: chains, and what stands between their parts."""
