"""A user's RTL as a guest in our benches: its ports mapped to a design's streams."""
