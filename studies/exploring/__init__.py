"""Formats, activations, scales and groups over a budget: accuracy against cost, and the front."""
