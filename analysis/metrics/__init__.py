"""Figures computed from run folders: arrays and frames in SI units, no drawing."""

from analysis.metrics.activity import (
    ACTIVITIES,
    activity_seconds,
    activity_shares,
    hosts,
    spans_until,
)
from analysis.metrics.collectives import (
    bus_bandwidth,
    call_seconds,
    first_call,
    is_collective,
    ranks,
    vector_bytes,
)
from analysis.metrics.curves import AXES, band, curve, final, round_ends, simulated_seconds
from analysis.metrics.latency import PARTS, Distribution, latency
from analysis.metrics.predictions import predictions
from analysis.metrics.targets import Reach, Target, best, choose_target, levels, reach
from analysis.metrics.traffic import by_link, by_node, by_pair, complete, matrix

__all__ = [
    'ACTIVITIES',
    'AXES',
    'PARTS',
    'Distribution',
    'Reach',
    'Target',
    'activity_seconds',
    'activity_shares',
    'band',
    'best',
    'bus_bandwidth',
    'by_link',
    'by_node',
    'by_pair',
    'call_seconds',
    'choose_target',
    'complete',
    'curve',
    'final',
    'first_call',
    'hosts',
    'is_collective',
    'latency',
    'levels',
    'matrix',
    'predictions',
    'ranks',
    'reach',
    'round_ends',
    'simulated_seconds',
    'spans_until',
    'vector_bytes',
]
