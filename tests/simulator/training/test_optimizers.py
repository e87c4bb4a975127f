"""Who takes which steps: the optimizer of the workers, that of the servers."""

import numpy as np
import pytest

from simulator.learning import momentum, sgd


def trained(make_experiment, train, *, optimizer=None, rounds=6, **options):
    experiment = make_experiment(stop={'rounds': rounds})
    experiment._optimizer = optimizer or sgd(rate=0.1)
    return train(experiment, 'parameter_server', **options)


def test_without_local_steps_the_server_alone_takes_steps(make_experiment, train):
    chosen = trained(make_experiment, train, optimizer=momentum(rate=0.1, beta=0.5))
    named = trained(
        make_experiment, train, server_optimizer={'momentum': {'rate': 0.1, 'beta': 0.5}}
    )
    assert (chosen.model == named.model).all()


def test_with_local_steps_the_server_averages_models_unless_it_has_an_optimizer(
    make_experiment, train
):
    plain = trained(make_experiment, train, local_steps=3)
    whole = trained(make_experiment, train, local_steps=3, server_optimizer={'sgd': {'rate': 1.0}})
    still = trained(make_experiment, train, local_steps=3, server_optimizer={'sgd': {'rate': 1e-9}})
    assert (plain.model == whole.model).all()
    start = make_experiment().learning.initial
    np.testing.assert_allclose(still.model, start, atol=1e-6)
    assert np.abs(plain.model - start).max() > 0.01


def test_half_a_step_of_the_server_goes_half_of_the_way(make_experiment, train):
    start = make_experiment().learning.initial
    whole, half = (
        trained(
            make_experiment,
            train,
            rounds=1,
            local_steps=4,
            server_optimizer={'sgd': {'rate': rate}},
        ).model
        for rate in (1.0, 0.5)
    )
    np.testing.assert_allclose(half - start, (whole - start) / 2, atol=1e-6)


@pytest.mark.parametrize('kind', ['parameter_server', 'all_reduce'])
def test_workers_keep_the_state_of_their_own_optimizer(make_experiment, train, kind):
    """One worker that averages with itself after each two steps is as if it never did."""
    models = []
    for steps, rounds in ((2, 6), (12, 1)):
        experiment = make_experiment(workers=1, stop={'rounds': rounds})
        experiment._optimizer = momentum(rate=0.05, beta=0.9)
        models.append(train(experiment, kind, local_steps=steps).model)
    np.testing.assert_allclose(*models, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('kind', ['parameter_server', 'all_reduce', 'gossip'])
@pytest.mark.parametrize(('first', 'growth', 'steps'), [(2, 2.0, 2 + 4 + 8), (8, 0.5, 8 + 4 + 2)])
def test_h_grows_and_decays_in_every_kind(make_experiment, train, kind, first, growth, steps):
    experiment = make_experiment(servers=1 if kind == 'parameter_server' else 0, stop={'rounds': 3})
    run = train(experiment, kind, local_steps=first, local_growth=growth)
    taken = sum(experiment.learning.batch(worker) for worker in range(4)) * steps
    assert run.summary['epochs'] == pytest.approx(taken / experiment.learning.samples_per_epoch)
