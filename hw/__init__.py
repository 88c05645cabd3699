"""What is built: one Amaranth component a file."""
