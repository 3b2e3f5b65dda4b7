"""The judge: gold, alignment, comparison, counts and statistics. No network, no model."""
