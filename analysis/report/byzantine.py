"""Byzantine architectures: who was in whose quorum, servers beside each other, lies that spread."""

from __future__ import annotations

from functools import partial

import pandas as pd
from markupsafe import Markup

from analysis.figures.byzantine import cells_size, lie_picture, quorum_picture
from analysis.figures.robustness import rounds_of
from analysis.groups import Group
from analysis.load import Run
from analysis.metrics import curve
from analysis.metrics.quorums import lie_spread, membership
from analysis.report.blocks import HALF, Block, Mark, Panel, draw, use_legend, variant_legend
from analysis.report.study import LINES, Study
from analysis.report.words import bold, say, series
from analysis.statistics import estimate
from analysis.text import quantity, share

__all__ = ['byzantine_blocks', 'byzantine_evidence']

_MOST = 6  # pictures of cells, side by side
_SHARES = ('0 %', '17 %', '33 %', '50 %', '67 %', '83 % and more')
_ERRORS = ('right', 'by 1 %', 'by 10 %', 'by 100 %', '10 times', '100 times and more')


def byzantine_blocks(study: Study) -> list[Block]:
    """Return the figures of quorums, of servers that stay together, and of lies that spread."""
    made = (_quorums(study), _lies(study), _distances(study), _gossip(study))
    return [block for block in made if block is not None]


def byzantine_evidence(study: Study) -> list[Markup]:
    """Return how often liars were in quorums, how far servers were apart, what a lie reached."""
    told = (_in_quorums(study), _apart(study), _reached(study))
    return [sentence for sentence in told if sentence is not None]


def _quorums(study: Study) -> Block | None:
    groups = [g for g in study.learning if membership(g.first) is not None][:_MOST]
    if not groups:
        return None
    panels, frames = [], []
    for g in groups:
        found = membership(g.first)
        assert found is not None  # noqa: S101 - asked above
        figure = partial(quorum_picture, found=found)
        words = f'{g.label}: {_told(g)}.'
        size = cells_size(found.shares)
        panels.append(Panel(draw(f'quorums-{g.index}', words, figure, size), g.label))
        frame = pd.DataFrame(found.shares, index=found.nodes, columns=found.nodes)
        frames.append(frame.rename_axis('node').reset_index().assign(variant=g.label))
    caption = say(
        'In what share of the quorums of a node (row) each sender (column) was, in the run with '
        'the least seed; Byzantine nodes bear a star. Workers wait for models, servers for '
        'gradients and for other servers’ models.'
    )
    legend = use_legend(_SHARES)
    data = pd.concat(frames, ignore_index=True)
    title = 'Who was in whose quorum'
    return Block('quorums', title, caption, panels, legend, columns=2, data=data)


def _told(g: Group) -> str:
    found = membership(g.first)
    if found is None:
        return 'no quorums'
    honest = f'an honest sender is in {share(found.of_honest)} of the quorums of honest nodes'
    if not any(found.byzantine):
        return honest
    return f'{honest}, a Byzantine one in {share(found.of_liars)}'


def _lies(study: Study) -> Block | None:
    groups = [g for g in study.learning if lie_spread(g.first) is not None][:_MOST]
    if not groups:
        return None
    panels, frames = [], []
    for g in groups:
        found = lie_spread(g.first)
        assert found is not None  # noqa: S101 - asked above
        figure = partial(lie_picture, found=found)
        words = f'{g.label}: a lie reaches {share(_spread(g.first))} of what honest ranks hold.'
        size = cells_size(found.errors)
        panels.append(Panel(draw(f'lies-{g.index}', words, figure, size), g.label))
        frame = pd.DataFrame(found.errors, index=found.devices)
        frames.append(frame.rename_axis('rank').reset_index().assign(variant=g.label))
    caption = say(
        'How wrong each rank (row; a star marks liars) is about each piece of the vector (column) '
        'in the first round in which somebody lies, as a share of what the piece should be.'
    )
    data = pd.concat(frames, ignore_index=True)
    title = 'How far a lie spreads'
    return Block('lies', title, caption, panels, use_legend(_ERRORS), columns=3, data=data)


def _distances(study: Study) -> Block | None:
    return _lines(
        study,
        'server_distance',
        'How far apart honest servers are',
        'largest distance, L2',
        'The largest distance between two honest servers after each step, mean of the seeds.',
    )


def _gossip(study: Study) -> Block | None:
    if not any(g.scenario.get('adversary') for g in study.learning):
        return None
    return _lines(
        study,
        'consensus',
        'Consensus among the honest',
        'distance to the average, L2',
        'The mean distance of honest peers from their average, mean of the seeds.',
    )


def _lines(study: Study, metric: str, title: str, label: str, words: str) -> Block | None:
    groups = [g for g in study.drawn if metric in curve(g.first)][:LINES]
    if not groups:
        return None
    figure = partial(rounds_of, groups=groups, y=metric, label=label)
    panels = [Panel(draw(metric.replace('_', '-'), words, figure, HALF))]
    legend: list[Mark] = variant_legend(groups)
    key = f'byzantine-{metric.replace("_", "-")}'
    return Block(key, title, say('{}', words), panels, legend, columns=2)


def _in_quorums(study: Study) -> Markup | None:
    found = {g: membership(g.first) for g in study.learning[:_MOST]}
    parts = [
        say('{} with {} (an honest one in {})', share(m.of_liars), bold(g), share(m.of_honest))
        for g, m in found.items()
        if m is not None and any(m.byzantine)
    ]
    text = 'Of the quorums of honest nodes, a Byzantine one is in {}.'
    return say(text, series(parts)) if parts else None


def _apart(study: Study) -> Markup | None:
    found = {
        g: estimate([float(run.summary.get('server_distance') or float('nan')) for run in g.runs])
        for g in study.learning[:_MOST]
        if g.first.summary.get('server_distance') is not None
    }
    parts = [
        say('{} with {}', quantity(e.mean, 'number'), bold(g))
        for g, e in found.items()
        if e.mean >= 0
    ]
    if not parts:
        return None
    return say('Honest servers are never farther apart than {} (L2).', series(parts))


def _reached(study: Study) -> Markup | None:
    parts = [
        say('{} with {}', share(_spread(g.first)), bold(g))
        for g in study.learning[:_MOST]
        if lie_spread(g.first) is not None
    ]
    return say('Of what honest ranks hold, a lie reaches {}.', series(parts)) if parts else None


def _spread(run: Run) -> float:
    return float(run.summary.get('lie_spread') or 0.0)
