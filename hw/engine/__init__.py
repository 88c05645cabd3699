"""Whole engines: what can be built, and the component."""
