"""Figures of time: where it went, and the first rounds as they happened."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from markupsafe import Markup

from analysis.figures import activity_bars, gantt
from analysis.figures.activity import LANES, lanes
from analysis.groups import Group
from analysis.metrics import (
    ACTIVITIES,
    activity_shares,
    hosts,
    round_ends,
    simulated_seconds,
    spans_until,
)
from analysis.report.blocks import HALF, Block, Panel, activity_legend, draw, each
from analysis.report.study import Study
from analysis.report.words import bold, capital, clauses, say, several
from analysis.text import listed, quantity, share, times

__all__ = ['timing_blocks']

_ROUNDS = 3  # that a Gantt chart shows


def timing_blocks(study: Study) -> list[Block]:
    """Return the figures of where the devices' time went."""
    groups = [g for g in study.shown if _does_something(g)]
    learning = [g for g in groups if g in study.learning]
    blocks = [_shares(groups)] if groups else []
    # of collectives, the step diagram tells it better
    return [*blocks, _first_rounds(learning)] if learning else blocks


def _does_something(g: Group) -> bool:
    """Whether a device ever does anything but wait, as those of a bare collective do."""
    shares = activity_shares(g)
    own = shares[['compute', 'reduce', 'aggregate', 'down']].to_numpy()
    return float(own.max(initial=0.0)) > 0


def _shares(groups: Sequence[Group]) -> Block:
    tables = {g: activity_shares(g) for g in groups}
    used = [name for name in ACTIVITIES if any(t[name].max() > 0.002 for t in tables.values())]
    rows = sum(len(table) for table in tables.values())
    words = [_spent(g) if len(groups) < 4 else _computing(g) for g in groups]
    alternative = 'Shares of the time: ' + '; '.join(word.striptags() for word in words) + '.'
    size = (HALF[0], 70.0 + 34.0 * rows)
    figure = partial(activity_bars, groups=groups)
    panels = [Panel(draw('activity', alternative, figure, size))]
    caption = say('{}. Mean over the devices of a role, and over seeds.', capital(clauses(words)))
    legend = activity_legend(used)
    return Block('activity', 'Where the time went', caption, panels, legend, columns=1)


def _spent(g: Group) -> Markup:
    shares = activity_shares(g).drop(index='server', errors='ignore')
    if not len(shares):
        return say('{} kept only its servers busy', bold(g))
    row = shares.iloc[0].drop('devices').sort_values(ascending=False, kind='stable')
    most = [
        (share(float(part)), ACTIVITIES[str(name)]) for name, part in row.items() if part > 0.02
    ]
    (first, activity), *others = most[:3]
    told = [f'{first} of its time {activity}', *(f'{part} {name}' for part, name in others)]
    return say('with {} a {} spends {}', bold(g), shares.index[0] or 'host', listed(told))


def _computing(g: Group) -> Markup:
    shares = activity_shares(g).drop(index='server', errors='ignore')
    computing = float(shares['compute'].mean()) if len(shares) else 0.0
    return say('with {} a worker computes for {}', bold(g), share(computing))


def _first_rounds(groups: Sequence[Group]) -> Block:
    untils = {g: _until(g) for g in groups}
    # one scale for all where that leaves something to see of each
    if max(untils.values()) <= 5 * min(untils.values()):
        untils = dict.fromkeys(groups, max(untils.values()))
    panels, row = each(
        'gantt',
        groups,
        lambda ax, g: gantt(ax, g.first, until=untils[g]),
        _paced,
        lambda g: 66.0 + 15.0 * max(6, len(lanes(g.first))),
    )
    caption = say(
        '{}. {} Seed {}.',
        capital(clauses([_paced(g) for g in groups])),
        _reading(groups),
        groups[0].first.seed,
    )
    used = {name for g in groups for name in spans_until(g.first, untils[g])['activity']}
    legend = activity_legend(sorted(used))
    return Block('gantt', 'The first rounds as they happened', caption, panels, legend, row)


def _until(g: Group) -> float:
    ends = round_ends(g.first)
    if len(ends) > _ROUNDS:
        return float(ends.iloc[_ROUNDS - 1])
    return simulated_seconds(g.first) or 1.0


def _paced(g: Group) -> Markup:
    """Tell how long rounds take, and how unlike the devices are in the first one."""
    ends = round_ends(g.first)
    if not len(ends):
        return say('{} runs for {}', bold(g), quantity(simulated_seconds(g.first), 'seconds'))
    pace = float(ends.iloc[-1]) / max(1, int(ends.index[-1]))
    text = 'a round of {} takes {} on average'
    return say(text, bold(g), quantity(pace, 'seconds'))


def _reading(groups: Sequence[Group]) -> Markup:
    text = 'Upright lines end a round; thin lines with a dot are messages, where they are few.'
    spread = _slowest(groups[0])
    if spread:
        text = f'{spread} {text}'
    nodes = max(len(hosts(g.first)) for g in groups)
    if nodes > LANES:
        text += f' Of {several(nodes, "device")}, {LANES} are drawn.'
    return Markup.escape(text)


def _slowest(g: Group) -> str:
    """Tell how far the slowest and the fastest device of the first round lie apart."""
    ends = round_ends(g.first)
    if not len(ends):
        return ''
    end = float(ends.iloc[0])
    spans = spans_until(g.first, end)
    # some have begun another round by then
    took = (spans['end'].clip(upper=end) - spans['start'])[spans['activity'] == 'compute']
    took = took.groupby(spans['device']).sum()
    if len(took) < 2 or not took.min() > 0:
        return ''
    ratio = times(float(took.max() / took.min()))
    return f'In the first round the slowest device computes {ratio} times as long as the fastest.'
