"""What a report says of models: whose gradients arrive, and what holds beyond the samples."""

import json

import pytest

from analysis.load import load
from analysis.report.lessons import generalization, reach_of_gradients
from analysis.report.study import Study


@pytest.fixture
def study_of(make_training, tmp_path):
    """Return the study of runs of two seeds, given the test losses by variant."""

    def make(losses, *, validated=True):
        for variant, by_seed in losses.items():
            for seed, loss in enumerate(by_seed):
                folder = make_training(tmp_path / variant / f'{seed}', variant, seed, rounds=8)
                summary = json.loads((folder / 'summary.json').read_text())
                (folder / 'summary.json').write_text(json.dumps({**summary, 'test_loss': loss}))
                text = (folder / 'scenario.yaml').read_text()
                if validated:
                    text = text.replace('  batch: 32', '  batch: 32\n  validation: {share: 0.9}')
                (folder / 'scenario.yaml').write_text(text)
        return Study.of(load(tmp_path))

    return make


LOSSES = {'ring, no cure': [0.3, 0.5], 'ring, dropout': [0.2, 0.1]}


def test_losses_on_new_samples_are_ranked(study_of):
    assert generalization(study_of(LOSSES)).striptags() == (
        'The loss on samples that are new is 0.150 with ring, dropout and 0.400 with ring, no cure '
        'in the end.'
    )


def test_where_nothing_is_validated_nothing_is_said(study_of):
    assert generalization(study_of(LOSSES, validated=False)) is None


def test_the_reach_of_gradients_is_told_where_they_were_measured(make, make_training, tmp_path):
    table = {'time_ns': [], 'step': [], 'epoch': [], 'device': [], 'metric': [], 'value': []}
    for time, first in ((0, 1e-6), (9, 1.0)):
        for name, value in (('2-dense', first), ('4-dense', 0.5), ('', 0.0)):
            metric = f'gradient_norm/{name}' if name else 'test_accuracy'
            for key, each in zip(table, (time, time, 0.0, -1, metric, value), strict=True):
                table[key].append(each)
    make(tmp_path / 'a', tables={'metrics': table}, manifest={'variant': 'deep'})
    told = reach_of_gradients(Study.of(load(tmp_path))).striptags()
    assert told.endswith('as long as that of the last times 2e-06 with deep.')
    make_training(tmp_path / 'other' / 'b', 'ring', 1, rounds=4)
    assert reach_of_gradients(Study.of(load(tmp_path / 'other'))) is None
