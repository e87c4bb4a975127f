"""What a study teaches of models: whose gradients arrive, and what holds beyond the samples."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from analysis.groups import Group
from analysis.metrics import final
from analysis.report.answer import mean_of
from analysis.report.layers import first_to_last, measured
from analysis.report.study import Study
from analysis.report.words import bold, say, series

__all__ = ['generalization', 'reach_of_gradients']

_MOST = 8  # names that a list can bear


def reach_of_gradients(study: Study) -> Markup | None:
    """Tell how long the first layer's gradient is beside the last's, before any step."""
    groups = measured(study)[:_MOST]
    if not groups:
        return None
    parts = [say('{} with {}', f'{first_to_last(g, "first"):.2g}', bold(g)) for g in groups]
    return say(
        'Before training, the gradient that reaches the first layer is as long as that of the '
        'last times {}.',
        series(parts),
    )


def generalization(study: Study) -> Markup | None:
    """Where samples are kept for validation, rank the losses on samples that are new."""
    if not any(_validated(g) for g in study.learning):
        return None
    losses = {g: mean_of(g.by_seed(lambda run: final(run, 'test_loss'))) for g in study.learning}
    known = sorted((g for g in losses if not np.isnan(losses[g])), key=lambda g: losses[g])
    if len(known) < 2:
        return None
    parts = [say('{:.3f} with {}', losses[g], bold(g)) for g in known[:_MOST]]
    return say('The loss on samples that are new is {} in the end.', series(parts))


def _validated(g: Group) -> bool:
    learning = g.scenario.get('learning')
    return isinstance(learning, dict) and bool(learning.get('validation'))
