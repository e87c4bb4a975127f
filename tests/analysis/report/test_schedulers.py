"""Reports of schedulers: how long each takes beside fifo, computed again from the runs."""

from __future__ import annotations

import json

import pytest

from analysis.load import load
from analysis.report.schedulers import scheduler_headlines
from analysis.report.study import Study

MAKESPANS = {
    ('hash', 'fifo'): (8.0, 12.0),
    ('hash', 'longest_remaining'): (4.0, 6.0),
    ('hash', 'most_successors'): (8.0, 12.0),
    ('heft', 'fifo'): (4.0, 4.0),
    ('heft', 'longest_remaining'): (3.0, 3.0),
    ('heft', 'most_successors'): (4.2, 4.2),
}


@pytest.fixture
def study(make, tmp_path):
    def write(kept):
        for (method, scheduler), makespans in MAKESPANS.items():
            if scheduler not in kept:
                continue
            for seed, makespan in enumerate(makespans):
                training = {'graph': 'layered', 'method': method, 'scheduler': scheduler}
                scenario = {'name': 'placed', 'seed': seed, 'training': {'placement': training}}
                vary = {'training.placement.scheduler': scheduler, 'seed': seed}
                make(
                    tmp_path / f'{method}-{scheduler}-{seed}',
                    scenario=json.dumps(scenario),
                    manifest={'variant': method, 'vary': vary, 'seed': seed},
                    summary={'placement': {'makespan': makespan}},
                )
        return Study.of(load([tmp_path]))

    return write


def test_each_scheduler_is_held_against_fifo_method_by_method(study):
    [told] = scheduler_headlines(study(('fifo', 'longest_remaining', 'most_successors')))
    assert told.striptags() == (
        'Where nothing else differs, executions take beside fifo: with longest_remaining 0.50 to '
        '0.75 times as long and with most_successors 1.00 to 1.05 times as long (at worst 5 % '
        'longer).'
    )


@pytest.mark.parametrize('kept', [('fifo',), ('longest_remaining', 'most_successors')])
def test_without_fifo_or_another_nothing_is_told(study, kept):
    assert scheduler_headlines(study(kept)) == []
