"""Colours, lines and axes common to all figures.

The colours of variants are those of Okabe and Ito, which stay distinct for colour-blind
readers; line styles and markers tell variants apart once more. No pyplot: a figure belongs
to whoever made it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from analysis.figures.marks import mark
from analysis.text import Kind, folded, quantity, unit_of

__all__ = [
    'ACTIVITY_COLOURS',
    'INK',
    'MUTED',
    'PAPER',
    'RULE',
    'USE_COLOURS',
    'VARIANT_COLOURS',
    'Look',
    'beside',
    'fit',
    'look',
    'measure',
    'name_rows',
    'panel',
    'spans_decades',
    'styled',
]

INK: Final = '#1c1f26'
MUTED: Final = '#5b6270'
RULE: Final = '#d5d9e0'
PAPER: Final = '#fdfdfe'

VARIANT_COLOURS: Final = (
    '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7a6a53',
)  # fmt: skip
"""Okabe & Ito, 'Color Universal Design', 2008; their yellow is too pale on paper."""

ACTIVITY_COLOURS: Final = {
    'compute': '#2f7fb8',
    'reduce': '#e0a11b',
    'aggregate': '#c8553d',
    'transfer': '#8fb8a6',
    'wait': '#b9c0ca',
    'down': '#1a1a1a',
    'other': '#eceff3',
}

USE_COLOURS: Final = ('#ccd1d9', '#9ecae1', '#5aa5d0', '#2171b5', '#08519c', '#08306b')
"""From an idle link to the busiest one."""

_DASHES: Final = ('-', (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)))
_MARKERS: Final = ('o', 's', '^', 'D', 'v', 'P', 'X')

_RC: Final[Any] = {
    'font.family': 'DejaVu Sans',
    'font.size': 10.5,
    'axes.labelsize': 10.5,
    'axes.labelcolor': MUTED,
    'axes.titlesize': 10.5,
    'axes.titleweight': 'bold',
    'axes.titlelocation': 'left',
    'axes.titlecolor': INK,
    'axes.edgecolor': RULE,
    'axes.linewidth': 1.0,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'axes.grid': True,
    'axes.axisbelow': True,
    'grid.color': RULE,
    'grid.linewidth': 0.7,
    'xtick.color': RULE,
    'ytick.color': RULE,
    'xtick.labelcolor': MUTED,
    'ytick.labelcolor': MUTED,
    'xtick.labelsize': 9.5,
    'ytick.labelsize': 9.5,
    'text.color': INK,
    'text.parse_math': False,  # a variant may well be called 'f=$3'
    'legend.frameon': False,
    'legend.fontsize': 9.5,
    'lines.linewidth': 2.0,
    'lines.markersize': 5.0,
    'hatch.linewidth': 0.6,
    'savefig.transparent': True,
    'figure.dpi': 72,
    # text stays text: small, searchable, read aloud, in the page's own font
    'svg.fonttype': 'none',
}


class Look(NamedTuple):
    """How one variant is drawn, the same in every figure."""

    colour: str
    dash: Any
    marker: str


def look(index: int) -> Look:
    """Return the look of the variant with this *index*; 28 are distinct.

    Examples
    --------
    >>> look(0).colour == look(7).colour, look(0).dash == look(7).dash
    (True, False)
    """
    turn, place = divmod(index, len(VARIANT_COLOURS))
    # neighbours differ in dash too: colour alone must never carry the meaning
    dash = _DASHES[(place + turn) % len(_DASHES)] if turn else _DASHES[place % len(_DASHES)]
    return Look(VARIANT_COLOURS[place], dash, _MARKERS[place])


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house's style inside this context."""
    with mpl.rc_context(_RC):
        yield


def panel(width: float = 380, height: float = 270) -> tuple[Figure, Axes]:
    """Return a figure of *width* x *height* points and its one pair of axes.

    Call it, draw, `fit` and save inside `styled`.
    """
    figure = Figure(figsize=(width / 72, height / 72))
    return figure, figure.add_axes((0, 0, 1, 1))


def fit(ax: Axes, margin: float = 4) -> None:
    """Shrink *ax* until its labels lie inside the figure, *margin* points from its edges.

    In one pass, for ticks here do not depend on the size: a tenth of the time that
    matplotlib's general layout takes.
    """
    inner, outer = ax.get_window_extent(), ax.get_tightbbox()
    if outer is None:
        return
    width, height = ax.figure.bbox.width, ax.figure.bbox.height
    left, low = max(0.0, inner.x0 - outer.x0) + margin, max(0.0, inner.y0 - outer.y0) + margin
    right, high = max(0.0, outer.x1 - inner.x1) + margin, max(0.0, outer.y1 - inner.y1) + margin
    room = (max(1.0, width - left - right), max(1.0, height - low - high))
    ax.set_position((left / width, low / height, room[0] / width, room[1] / height))


def measure(ax: Axes, which: str, kind: Kind, label: str, *, log: bool = False) -> None:
    """Scale and label one axis of *ax*, after drawing on it.

    Parameters
    ----------
    ax : Axes
    which : str
        `x` or `y`.
    kind : str
        What is drawn along it, in SI base units (rates in bytes a second).
    label : str
        What to write beside it; the unit is added.
    log : bool
        Whether the axis is logarithmic; each tick then carries its unit.
    """
    axis = ax.xaxis if which == 'x' else ax.yaxis
    mark(axis, kind=kind)
    if log:
        (ax.set_xscale if which == 'x' else ax.set_yscale)('log')
        _log_ticks(ax, which, kind)
        axis.set_label_text(label)
        return
    low, high = sorted(axis.get_view_interval())
    factor, unit = unit_of(kind, max(abs(low), abs(high)))
    steps = [1, 2, 5, 10] if kind == 'number' else [1, 2, 2.5, 5, 10]
    ticks = MaxNLocator(5, steps=steps).tick_values(low / factor, high / factor)
    slack = 1e-9 * (high - low)
    inside = [tick for tick in ticks if low - slack <= tick * factor <= high + slack]
    axis.set_ticks([tick * factor for tick in inside], [f'{tick:,.6g}' for tick in inside])
    axis.set_label_text(f'{label}, {unit}' if unit else label)


def name_rows(ax: Axes, names: Sequence[str]) -> None:
    """Name the rows of *ax*, the first at the top; what follows a line break has its own line."""
    split = [name.split('\n') for name in names]
    shown = ['\n'.join([folded(first, widest=32), *more]) for first, *more in split]
    ax.set_yticks(range(len(names)), shown)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(axis='y', visible=False)


def beside(ax: Axes, x: float, y: float, text: str) -> None:
    """Write *text* to the right of the point (x, y)."""
    style: Any = {'textcoords': 'offset points', 'va': 'center', 'ha': 'left', 'fontsize': 9}
    ax.annotate(text, (x, y), (5, 0), **style)


def spans_decades(values: Any, decades: float = 1.5) -> bool:
    """Whether positive *values* differ so much that an axis should be logarithmic."""
    known = np.asarray(values, dtype=float).ravel()
    known = known[np.isfinite(known)]
    if not len(known) or known.min() <= 0:
        return False
    return bool(np.log10(known.max() / known.min()) >= decades)


def _log_ticks(ax: Axes, which: str, kind: Kind) -> None:
    axis = ax.xaxis if which == 'x' else ax.yaxis
    low, high = axis.get_view_interval()
    decades = np.log10(high / low) if low > 0 else 6
    subs: list[float] = [1, 2, 5] if decades < 1.2 else [1, 3] if decades < 2.5 else [1]
    # rates are written in bits: ticks at round bits, an eighth of a byte
    scale = 1.25 if kind == 'bytes_per_second' else 1.0
    axis.set_major_locator(
        LogLocator(10, subs=[scale * sub for sub in subs], numticks=6 if which == 'x' else 8)
    )
    axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(FuncFormatter(lambda value, _: quantity(value, kind, 2)))
