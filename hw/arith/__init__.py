"""What all hardware is made of: sums, shifts, products, decoders, registers."""
