"""Figures computed from run folders: arrays and frames in SI units, no drawing."""

from analysis.metrics.activity import (
    ACTIVITIES,
    activity_seconds,
    activity_shares,
    hosts,
    spans_until,
    whole,
)
from analysis.metrics.collectives import (
    bus_bandwidth,
    call_seconds,
    first_call,
    is_collective,
    ranks,
    vector_bytes,
)
from analysis.metrics.critical import ON_PATH, critical_path, critical_shares, round_windows
from analysis.metrics.curves import AXES, area, band, curve, final, round_ends, simulated_seconds
from analysis.metrics.latency import PARTS, Distribution, latency
from analysis.metrics.pareto import Cost, costs, efficient
from analysis.metrics.predictions import predictions
from analysis.metrics.scaling import samples_per_second, scaling, workers
from analysis.metrics.spread import by_device, nodes_range, staleness
from analysis.metrics.targets import Reach, Target, best, choose_target, levels, reach
from analysis.metrics.traffic import by_link, by_node, by_pair, matrix
from analysis.metrics.use import device_use, link_use, use_over_time

__all__ = [
    'ACTIVITIES',
    'AXES',
    'ON_PATH',
    'PARTS',
    'Cost',
    'Distribution',
    'Reach',
    'Target',
    'activity_seconds',
    'activity_shares',
    'area',
    'band',
    'best',
    'bus_bandwidth',
    'by_device',
    'by_link',
    'by_node',
    'by_pair',
    'call_seconds',
    'choose_target',
    'costs',
    'critical_path',
    'critical_shares',
    'curve',
    'device_use',
    'efficient',
    'final',
    'first_call',
    'hosts',
    'is_collective',
    'latency',
    'levels',
    'link_use',
    'matrix',
    'nodes_range',
    'predictions',
    'ranks',
    'reach',
    'round_ends',
    'round_windows',
    'samples_per_second',
    'scaling',
    'simulated_seconds',
    'spans_until',
    'staleness',
    'use_over_time',
    'vector_bytes',
    'whole',
    'workers',
]
