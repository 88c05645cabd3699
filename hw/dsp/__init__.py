"""DSP blocks: how products are packed into them, and the blocks themselves."""
