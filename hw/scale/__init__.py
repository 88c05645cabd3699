"""From group sums to results: scales, accumulation over groups, what acts at the end."""
