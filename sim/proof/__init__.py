"""Proofs of what a design's streams promise, and their certificate."""
