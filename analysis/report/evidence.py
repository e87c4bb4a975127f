"""What supports an answer, and what limits it: one sentence each, or none where it is idle."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from analysis.groups import Group
from analysis.metrics import activity_shares, by_node, final
from analysis.report.answer import goal, mean_of, ranking, seconds_of
from analysis.report.lessons import generalization, reach_of_gradients
from analysis.report.study import Study
from analysis.report.words import bold, capital, interval, names, say, series, several, sureness
from analysis.statistics import (
    interquartile_mean,
    paired_difference,
    paired_ratio,
    probability_of_improvement,
)
from analysis.text import quantity, share, times

__all__ = ['evidence']

_MOST = 8  # names that a sentence can bear


def evidence(study: Study) -> list[Markup]:
    """Return the sentences below the answer of a study of learning."""
    if study.target is None:
        return []
    told = (
        _unfinished,
        _improvement,
        _others,
        _in_the_end,
        generalization,
        reach_of_gradients,
        _price,
        _load,
        _computing,
        _large,
        _sure,
        _choice,
    )
    # of rules against attacks, who is first does not count
    tried = study.grid is not None or study.liar_lines
    chosen = (_unfinished, _large, _sure) if tried else told
    return [capital(sentence) for tell in chosen if (sentence := tell(study))]


def _others(study: Study) -> Markup | None:
    """Tell of those behind the first two, and of those that never got there."""
    if study.lines:
        return None  # told value by value
    ranked = ranking(study)
    behind = [_behind(study, ranked[0], g) for g in ranked[2:_MOST]]
    missing = [g for g in study.learning if g not in ranked]
    if ranked and missing:
        does = 'does' if len(missing) == 1 else 'do'
        behind.append(say('{} {} not get there with every seed', names(missing), does))
    return say('{}.', series(behind)) if behind else None


def _improvement(study: Study) -> Markup | None:
    """Tell how likely any run of the first beats any run of the second, and their middle halves."""
    ranked = ranking(study)
    if len(ranked) < 2 or study.lines:
        return None
    first, second = (seconds_of(study, g) for g in ranked[:2])
    chance = probability_of_improvement(first, second, rising=False)
    if chance.seeds < 2:
        return None
    middles = [interquartile_mean([*values.values()]) for values in (first, second)]
    return say(
        'A run of {} gets there sooner than a run of {} with probability {:.2f}, whatever their '
        'seeds ({}); interquartile means over seeds are {} and {}.',
        bold(ranked[0]),
        bold(ranked[1]),
        chance.value,
        interval(chance, 'share'),
        *(quantity(float(middle), 'seconds') for middle in middles),
    )


def _behind(study: Study, first: Group, g: Group) -> Markup:
    ratio = paired_ratio(seconds_of(study, g), seconds_of(study, first)).value
    took = quantity(mean_of(seconds_of(study, g)), 'seconds')
    return say('{} takes {} ({} times as long)', bold(g), took, times(ratio))


def _in_the_end(study: Study) -> Markup | None:
    """Compare the final accuracies (or losses) of the two best."""
    rising = study.target is None or study.target.rising
    metric = study.target.metric if study.target else 'test_accuracy'
    found = {g: g.by_seed(lambda run: final(run, metric)) for g in study.learning}
    means = {g: mean_of(values) for g, values in found.items()}
    known = [g for g in means if not np.isnan(means[g])]
    ordered = sorted(known, key=lambda g: means[g], reverse=rising)
    if len(ordered) < 2:
        return None
    name = metric.replace('_', ' ')
    if len(ordered) > 2 and len({value for g in ordered for value in found[g].values()}) == 1:
        return say('All end at the same {}: {:.3f}.', name, means[ordered[0]])
    first, second = ordered[:2]
    difference = paired_difference(found[first], found[second])
    text = (
        'The final {} is best with {}: {:.3f}, against {:.3f} with {}{}.'
        if difference.tells_apart
        else 'The final {} does not tell the two best apart: {} {:.3f}, {:.3f} with {}{}.'
    )
    basis = f' ({of})' if (of := interval(difference, 'share', 'of the difference')) else ''
    values = bold(first), means[first], means[second], bold(second)
    sentence = say(text, name, *values, basis)
    if difference.low == difference.high == 0:
        text = 'With every seed, {} and {} end at the same {}, {:.3f} on average.'
        sentence = say(text, bold(first), bold(second), name, means[first])
    lost = [g for g in ordered[2:_MOST] if rising and means[g] < means[first] - 0.05]
    ends = series([say('{} ends at {:.3f}', bold(g), means[g]) for g in lost])
    return say('{} {}.', sentence, capital(ends)) if lost else sentence


def _price(study: Study) -> Markup | None:
    """Compare the bytes sent on the way to the target."""
    sent = {g: {seed: one.bytes for seed, one in study.reaches(g).items()} for g in ranking(study)}
    ordered = sorted((g for g in sent if mean_of(sent[g]) > 0), key=lambda g: mean_of(sent[g]))
    if len(ordered) < 2:
        return None
    least, most = ordered[0], ordered[-1]
    ratio = paired_ratio(sent[most], sent[least]).value
    sizes = [quantity(mean_of(sent[g]), 'bytes') for g in (least, most)]
    if ratio < 1.005:
        return say('On the way there all send the same amount: {}.', sizes[0])
    return say(
        'On the way there {} sends least, {}; {} sends {}, {} times as much.',
        bold(least),
        sizes[0],
        bold(most),
        sizes[1],
        times(ratio),
    )


def _load(study: Study) -> Markup | None:
    """Compare how much the most loaded host of each has to carry in a round."""
    loads = [load for g in study.learning if (load := _heaviest(g)) is not None]
    if len(loads) < 2:
        return None
    (least, _, light), *_, (most, node, heavy) = sorted(loads, key=lambda load: load[0])
    if most < 1.05 * least:
        return None
    return say(
        'The busiest host of {} ({}) sends and receives {} a round, {} times as much as that of '
        '{}.',
        bold(heavy),
        node,
        quantity(most, 'bytes'),
        times(most / least),
        bold(light),
    )


def _heaviest(g: Group) -> tuple[float, str, Group] | None:
    nodes = by_node(g.first)
    rounds = float(g.first.summary.get('rounds') or 0)
    if not rounds or not len(nodes):
        return None
    total = (nodes['sent'] + nodes['received']).to_numpy()
    place = int(total.argmax())
    name = f'{nodes["role"].iloc[place] or "host"} {nodes.index[place]}'
    return float(total[place]) / rounds, name, g


def _computing(study: Study) -> Markup | None:
    """Tell what share of its time a worker computes: of many, the least and the most."""
    shares = {g: activity_shares(g).drop(index='server', errors='ignore') for g in study.learning}
    found = {g: float(own['compute'].iloc[0]) for g, own in shares.items() if len(own)}
    parts = [say('{} with {}', share(value), bold(g)) for g, value in found.items()]
    if len(parts) > _MOST:
        ordered = sorted(found, key=lambda g: found[g])
        ends = [say('{} ({})', share(found[g]), bold(g)) for g in (ordered[0], ordered[-1])]
        return say('Of its time, a worker computes {} to {}.', *ends)
    return say('Of its time, a worker computes {}.', series(parts)) if parts else None


def _large(study: Study) -> Markup | None:
    """Say where a small model stands for a large one."""
    for g in study.learning:
        learning = g.scenario.get('learning')
        if isinstance(learning, dict) and learning.get('stands_for'):
            return say(
                'Bytes and compute times are those of {}, for which the small model stands; '
                'accuracies and losses are the small one’s.',
                _named(g),
            )
    return None


def _named(g: Group) -> str:
    """Return what is known of the large model that a small one stands for."""
    known = g.first.manifest.get('stands_for')
    if not isinstance(known, dict):
        return 'the large model'
    size, cost = known['parameters'] / 1e6, known['flops'] / 1e9
    return f'{known["name"]} ({size:.1f} M parameters, {cost:.1f} Gflop a sample)'


def _unfinished(study: Study) -> Markup | None:
    parts = []
    if study.lost:
        lost = names(study.lost)
        parts.append(say('Nothing is known of {}: no run of it got anywhere.', lost))
    if study.unfinished:
        early = names([g for g in study.groups if not g.first.finished])
        parts.append(say('No run of {} finished: its figures end early.', early))
    others = len(study.aside)
    if others and not study.lost:
        are = 'is' if others == 1 else 'are'
        parts.append(say('{} did not finish and {} left aside.', several(others, 'run'), are))
    return Markup(' ').join(parts)


def _sure(study: Study) -> Markup | None:
    return Markup.escape(sureness([len(g.runs) for g in study.learning]))


def _what(study: Study) -> str:
    return study.target.metric.removeprefix('test_') if study.target else 'loss'


def _choice(study: Study) -> Markup | None:
    """Say how the target was chosen, where the scenario names none."""
    if study.target is None or study.target.given:
        return None
    how = (
        'the greatest multiple of 0.05 that every run of the leading variants clearly exceeds'
        if study.target.rising
        else f'the least {_what(study)} that every run reaches'
    )
    text = 'The scenario names no target: {} was chosen from the curves, {}.'
    return say(text, goal(study.target), how)
