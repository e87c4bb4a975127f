"""The figure of how long messages took."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from markupsafe import Markup

from analysis.figures import latencies
from analysis.groups import Group
from analysis.metrics import latency
from analysis.report.blocks import HALF, Block, Panel, draw, variant_legend
from analysis.report.study import Study
from analysis.report.words import bold, say
from analysis.text import listed, quantity, share

__all__ = ['latency_blocks']


def latency_blocks(study: Study) -> list[Block]:
    """Return the figure of how long messages took; none where none were recorded."""
    groups = [g for g in study.shown if latency(g.runs)['total'].size]
    if not groups:
        return []
    panels = []
    for part, title in (('total', 'whole latency'), ('queueing', 'of it, queueing')):
        found = {g: latency(g.runs)[part] for g in groups}
        if any(one.counts.any() for one in found.values()):
            figure = partial(latencies, groups=groups, part=part, legend=False)
            words = [
                f'{g.label} median {quantity(d.quantile(0.5), "seconds")}' for g, d in found.items()
            ]
            picture = draw(f'latency-{part}', f'{title}: {listed(words)}.', figure, HALF)
            panels.append(Panel(picture, title))
    caption = say('How many of the messages took at most so long. {}', _delays(groups))
    legend = variant_legend(groups)
    return [Block('latency', 'Latency of messages', caption, panels, legend, columns=2)]


def _delays(groups: Sequence[Group]) -> Markup:
    parts = []
    for g in groups[:6]:
        found = latency(g.runs)
        total = found['total']
        half, nearly = (quantity(total.quantile(q), 'seconds') for q in (0.5, 0.99))
        queued = found['queueing'].mean / total.mean if total.mean else np.nan
        text = 'With {}, half arrive within {} and 99 % within {}'
        tail = f'; {share(queued)} of the delay is queueing.' if queued > 0 else '.'
        parts.append(say(text, bold(g), half, nearly) + tail)
    if all(g.scenario.get('cluster', {}).get('sharing', 'fair') == 'fair' for g in groups):
        parts.append(
            Markup(
                'Links are shared fairly: contention makes messages slower on their '
                'way instead of letting them queue.'
            )
        )
    return Markup(' ').join(parts)
