"""Costs of many designs, kept as they come: a grid of them, a store of rows, workers."""
