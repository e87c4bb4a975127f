"""Figures of what a round had to wait for, and of use over time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
from markupsafe import Markup

from analysis.figures import path_bars, use_curves
from analysis.groups import Group
from analysis.metrics import ON_PATH, critical_shares, use_over_time
from analysis.report.blocks import HALF, Block, Mark, Panel, draw, swatch, variant_legend
from analysis.report.study import Study
from analysis.report.words import bold, capital, clauses, say
from analysis.text import listed, share

__all__ = ['path_blocks', 'use_blocks']

_TOLD = 6  # variants of which a caption tells
_USES = {'devices': 'of the devices that compute', 'links': 'of the hosts’ own links'}


def path_blocks(study: Study) -> list[Block]:
    """Return the figure of what critical paths are made of, where all was recorded."""
    groups = [g for g in study.learning if len(critical_shares(g))][:12]
    if not groups:
        return []
    told = [_made_of(g) for g in groups[:_TOLD]]
    words = '; '.join(word.striptags() for word in told)
    size = (HALF[0], 70.0 + 34.0 * len(groups))
    picture = draw('path', f'Critical path: {words}.', partial(path_bars, groups=groups), size)
    caption = say(
        '{}. The critical path of a round is the chain of work and messages, each waiting for the '
        'one before, that ends last: only what is on it makes a round longer. Mean of up to eight '
        'rounds of the first seed.',
        capital(clauses(told)),
    )
    used = [name for name in ON_PATH if any(critical_shares(g)[name] > 0.002 for g in groups)]
    legend = [Mark(swatch(name), ON_PATH[name]) for name in used]
    data = pd.DataFrame([{'variant': g.label, **critical_shares(g)} for g in groups])
    title = 'What a round has to wait for'
    return [Block('path', title, caption, [Panel(picture)], legend, columns=1, data=data)]


def use_blocks(study: Study) -> list[Block]:
    """Return the figure of how busy devices and links were over time."""
    panels, told = [], []
    for of, whose in _USES.items():
        groups = [g for g in study.shown if use_over_time(g.first, of)['share'].max() > 0]
        if not groups:
            continue
        words = [say('{} with {}', share(_mean(g, of)), bold(g)) for g in groups]
        sentence = say('{} {} on average', Markup.escape(whose), listed_(words))
        figure = partial(use_curves, groups=groups, of=of, legend=False)
        alternative = f'Use over time: {sentence.striptags()}.'
        panels.append(Panel(draw(f'use-{of}', alternative, figure, HALF), f'use {whose}'))
        told.append(sentence)
    if not panels:
        return []
    caption = say(
        'Share in use {}. Sixty equal stretches of the first run; the bytes of a message are taken '
        'to flow evenly from its start to its delivery.',
        clauses(told),
    )
    legend, data = variant_legend(study.shown), _data(study.shown)
    return [Block('use', 'Use over time', caption, panels, legend, columns=2, data=data)]


def listed_(words: Sequence[Markup]) -> Markup:
    """Return words as a list inside a sentence."""
    return Markup(', ').join(words)


def _made_of(g: Group) -> Markup:
    parts = critical_shares(g).sort_values(ascending=False, kind='stable')
    told = [f'{share(float(part))} {ON_PATH[str(name)]}' for name, part in parts.items() if part]
    return say('the path of {} is {}', bold(g), listed(told[:3]))


def _mean(g: Group, of: str) -> float:
    return float(use_over_time(g.first, of)['share'].mean())


def _data(groups: Sequence[Group]) -> pd.DataFrame:
    frames = [
        use_over_time(g.first, of).assign(variant=g.label, of=of) for g in groups for of in _USES
    ]
    return pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
