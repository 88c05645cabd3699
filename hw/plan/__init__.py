"""What an array is made of, as plain data: widths, units, streams, latencies."""
