"""One function per figure: axes in, axes out.

They draw on any matplotlib axes, so they work in a notebook; `styled` lends them the look of
a report. What they draw comes from `analysis.metrics`.
"""

from analysis.figures.activity import activity_bars, gantt
from analysis.figures.collectives import against, call_bars, step_diagram
from analysis.figures.curves import learning, target_dots
from analysis.figures.latency import latencies
from analysis.figures.network import topology
from analysis.figures.paths import path_bars, use_curves
from analysis.figures.predictions import prediction_bars
from analysis.figures.style import look, panel, styled
from analysis.figures.svg import inline
from analysis.figures.tradeoff import front, traffic_matrix
from analysis.figures.traffic import link_traffic, node_traffic

__all__ = [
    'activity_bars',
    'against',
    'call_bars',
    'front',
    'gantt',
    'inline',
    'latencies',
    'learning',
    'link_traffic',
    'look',
    'node_traffic',
    'panel',
    'path_bars',
    'prediction_bars',
    'step_diagram',
    'styled',
    'target_dots',
    'topology',
    'traffic_matrix',
    'use_curves',
]
