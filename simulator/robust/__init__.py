"""Robust learning: aggregation rules and attacks, pure numpy."""
