"""Streaming components that stand alone or around engines, each with its golden function."""
