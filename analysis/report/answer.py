"""The answer of a study of learning: who reached the target first, and how sure that is."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from analysis.groups import Group
from analysis.metrics import Target, best
from analysis.report.study import Study
from analysis.report.words import bold, interval, say, seeds, sooner
from analysis.statistics import Comparison, estimate, paired_ratio
from analysis.text import quantity, times

__all__ = ['goal', 'headline', 'headlines', 'mean_of', 'ranking', 'seconds_of']


def headlines(study: Study) -> list[Markup]:
    """Return the answer of a study in which models learn; where rules are tried, others answer."""
    others = study.grid is not None or study.lines or study.liar_lines
    return [headline(study)] if study.learning and not others else []


def headline(study: Study) -> Markup:
    """Return the answer in one sentence.

    A winner is named only where the bootstrap interval of the ratio of times, paired by
    seed, leaves out 1.
    """
    target = study.target
    if target is None:
        return Markup('No evaluation was recorded: the runs tell time and traffic, not learning.')
    ranked = ranking(study)
    if not ranked:
        return _nobody(study, target)
    if len(study.learning) == 1:
        return _alone(study, ranked[0], target)
    if len(ranked) == 1:
        return _only(study, ranked[0], target)
    ratio = paired_ratio(seconds_of(study, ranked[1]), seconds_of(study, ranked[0]))
    if ratio.tells_apart:
        return _winner(study, ranked, target, ratio)
    return _undecided(study, ranked, target, ratio)


def goal(target: Target) -> str:
    """Return what a target asks for.

    Examples
    --------
    >>> goal(Target('test_accuracy', 0.9, given=True))
    'a test accuracy of 0.90'
    """
    if target.rising:
        return f'a test accuracy of {target.value:.2f}'
    what = target.metric.removeprefix('test_').replace('_', ' ')
    return f'a test {what} of {target.value:.3g}'


def ranking(study: Study) -> list[Group]:
    """Return the groups of which every seed reached the target, the soonest first."""
    reached = [g for g in study.learning if study.reached(g)]
    return sorted(reached, key=lambda g: mean_of(seconds_of(study, g)))


def seconds_of(study: Study, g: Group) -> dict[int, float]:
    """Return the time to the target by seed."""
    return {seed: one.seconds for seed, one in study.reaches(g).items()}


def mean_of(by_seed: dict[int, float]) -> float:
    """Return the mean over seeds; NaN where there is none."""
    return estimate(list(by_seed.values())).mean


def _took(study: Study, g: Group) -> str:
    return quantity(mean_of(seconds_of(study, g)), 'seconds')


def _winner(study: Study, ranked: list[Group], target: Target, ratio: Comparison) -> Markup:
    (first, second), how = ranked[:2], sooner(ratio.value)
    return say(
        '{} reaches {} first: after {} of simulated time, {} than {}, which takes {} ({}, {}{}).',
        bold(first),
        goal(target),
        _took(study, first),
        how,
        bold(second),
        _took(study, second),
        seeds(ratio.seeds),
        '' if 'times' in how else f'ratio {times(ratio.value)}, ',
        interval(ratio),
    )


def _undecided(study: Study, ranked: list[Group], target: Target, ratio: Comparison) -> Markup:
    first, second = ranked[:2]
    told = bold(first), goal(target), _took(study, first), bold(second), _took(study, second)
    if ratio.seeds > 1:
        return say(
            'No winner: {} reaches {} after {} and {} after {}, but over {} seeds the ratio of '
            'the two times may as well be 1 ({}).',
            *told,
            ratio.seeds,
            interval(ratio),
        )
    return say(
        'In one run each, {} reaches {} after {} and {} after {}, so the former is {}; but one '
        'seed names no winner.',
        *told,
        sooner(ratio.value),
    )


def _only(study: Study, g: Group, target: Target) -> Markup:
    return say(
        'Only {} reaches {} with every seed: after {} of simulated time ({}).',
        bold(g),
        goal(target),
        _took(study, g),
        seeds(len(g.runs)),
    )


def _alone(study: Study, g: Group, target: Target) -> Markup:
    found = list(study.reaches(g).values())
    sent = estimate([one.bytes for one in found]).mean
    return say(
        '{} reaches {} after {} of simulated time: {} rounds{} ({}).',
        bold(g),
        goal(target),
        _took(study, g),
        quantity(estimate([one.rounds for one in found]).mean, 'number'),
        '' if np.isnan(sent) else f' and {quantity(sent, "bytes")} sent',
        seeds(len(g.runs)),
    )


def _nobody(study: Study, target: Target) -> Markup:
    means = {g: estimate([best(run, target.metric) for run in g.runs]).mean for g in study.learning}
    known = [g for g in means if not np.isnan(means[g])]
    closest = (max if target.rising else min)(known, key=lambda g: means[g])
    text = 'No variant reaches {} with every seed; {} comes closest, with {:.3f} at best.'
    return say(text, goal(target), bold(closest), means[closest])
