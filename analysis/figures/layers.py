"""What was measured of a model layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.figures.marks import trace
from analysis.figures.style import look, measure
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics import curve

__all__ = ['gradients_by_layer', 'layer_norms']

_PREFIX = 'gradient_norm/'
_SMALL = ('batch_norm', 'prelu')  # a few scales and slopes, which would hide the pattern

Moment = Literal['first', 'last']


def layer_norms(run: Run, moment: Moment) -> NDArray[np.float64]:
    """Return the length of each layer's gradient, from input to output; empty where unknown.

    Parameters
    ----------
    run : Run
    moment : {'first', 'last'}
        Of the evaluations that measured it.
    """
    records = curve(run)
    names = [name for name in records if str(name).startswith(_PREFIX)]
    names = [name for name in names if not str(name).endswith(_SMALL)]
    names.sort(key=lambda name: int(str(name).removeprefix(_PREFIX).partition('-')[0]))
    known = records[names].dropna()
    if not names or known.empty:
        return np.empty(0)
    return np.asarray(known.iloc[0 if moment == 'first' else -1], float)


def gradients_by_layer(ax: Axes, groups: Sequence[Group], *, moment: Moment = 'first') -> Axes:
    """Draw the length of the gradient against the layer: a line a group, its seeds' mean.

    Parameters
    ----------
    ax : Axes
    groups : sequence of Group
    moment : {'first', 'last'}
        Which evaluation.
    """
    found: list[float] = []
    for g in groups:
        norms = [each for each in (layer_norms(run, moment) for run in g.runs) if len(each)]
        if not norms:
            continue
        colour, dash, marker = look(g.index)
        # norms differ by orders of magnitude, so their mean is geometric
        with np.errstate(divide='ignore'):
            mean = np.exp(np.mean(np.log(norms), axis=0))
        places = np.arange(1, len(mean) + 1)
        [line] = ax.plot(places, mean, color=colour, linestyle=dash, marker=marker, label=g.label)
        trace(line, variant=g.index, name=g.label)
        found += [value for value in mean.tolist() if value > 0]
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel('layer, from the input')
    measure(ax, 'y', 'number', 'length of its gradient', log=bool(found))
    return ax
