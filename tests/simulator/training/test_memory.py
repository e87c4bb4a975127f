"""What a run holds: at most six copies of the parameters a worker, however many workers."""

import tracemalloc
from functools import partial

import pytest

from simulator.learning import mlp

LARGE = partial(mlp, hidden=[2000])


def peak(make_experiment, train, kind, workers, **options):
    """Return the most that was held at any time of a run, and the bytes of one model."""
    experiment = make_experiment(
        workers=workers,
        servers=1 if kind == 'parameter_server' else 0,
        sigma=0.5,
        stop={'rounds': 2},
        model=LARGE,
    )
    tracemalloc.start()
    train(experiment, kind, **options)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most, experiment.learning.initial.nbytes


@pytest.mark.parametrize(
    ('kind', 'options'),
    [
        ('parameter_server', {'clock': 'bsp'}),
        ('parameter_server', {'clock': 'asp'}),
        ('parameter_server', {'local_steps': 2}),
        ('all_reduce', {}),
        ('gossip', {'protocol': 'dpsgd', 'overlay': 'ring'}),
        ('gossip', {'protocol': 'pairwise'}),
        ('gossip', {'protocol': 'push'}),
    ],
)
def test_memory_grows_by_less_than_six_copies_a_worker(make_experiment, train, kind, options):
    peak(make_experiment, train, kind, 2, **options)  # what is made once
    few, model = peak(make_experiment, train, kind, 10, **options)
    many, _ = peak(make_experiment, train, kind, 30, **options)
    assert (many - few) / (20 * model) < 6
