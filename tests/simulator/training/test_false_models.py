"""A Byzantine server of a plain parameter server: nothing is learned."""

import numpy as np
import pytest

from simulator.robust.attacks import ATTACKS, attack
from simulator.seeds import Seeds
from simulator.training.adversary import Adversary, Liars, Moment, Window


@pytest.fixture
def served(make_experiment, train):
    def run(*attacks, liars=(4,), window=Window(), stop=None, servers=1, **options):
        experiment = make_experiment(stop=stop or {'rounds': 20}, servers=servers)
        choices = tuple(ATTACKS.read(each) for each in attacks)
        party = [Liars('servers', tuple(liars), choices, window)] if attacks else []
        experiment.adversary = Adversary(party, Seeds(7))
        return train(experiment, 'parameter_server', **options)

    return run


def test_nothing_is_learned(served):
    long = {'rounds': 200}
    honest, lying = served(stop=long), served('sign_flip', stop=long)
    assert honest.summary['test_accuracy'] > lying.summary['test_accuracy'] + 0.3
    assert honest.summary['simulated_seconds'] == lying.summary['simulated_seconds']


def test_the_model_of_the_run_is_what_is_handed_out(served):
    assert (served('zero').model == 0).all()


def test_a_slice_that_is_false_leaves_the_others(served):
    honest = served(servers=2, stop={'rounds': 1})
    lying = served('zero', servers=2, stop={'rounds': 1}, window=Window(Moment(1)))
    half = -(-len(honest.model) // 2)
    assert (lying.model[:half] == 0).all()
    assert (lying.model[half:] == honest.model[half:]).all()


def test_liars_wait_for_their_moment(served):
    late = served('zero', window=Window(Moment(99)))
    assert (late.model == served().model).all()


def test_each_worker_may_be_told_something_else(served):
    @attack(per_receiver=True)
    def to_each_its_own(view):
        """Send the number of the receiver."""
        return -1.0 if view.target is None else view.target

    told = set()

    @attack(per_receiver=True)
    def spy(view):
        """Note what is sent to whom."""
        told.add((view.target, float(view.own[0, 0])))
        return view.own

    ATTACKS.add({'to_each_its_own': to_each_its_own, 'spy': spy}, 'test')
    try:
        found = served('to_each_its_own', 'spy', stop={'rounds': 2})
    finally:
        ATTACKS.remove('test')
    assert told == {(None, -1.0), (0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0)}
    assert np.all(found.model == -1.0)
