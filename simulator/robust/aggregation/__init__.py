"""Aggregation rules: pure functions (n, d) -> (d,)."""

from simulator.catalogue import Catalogue
from simulator.robust.aggregation.mean import mean, mean_flops

__all__ = ['RULES', 'mean']

RULES = Catalogue('aggregation rule', {'mean': mean}, flops={'mean': mean_flops})
