"""The adversary: whom it controls, when its nodes lie, and what it lets attacks see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.training.adversary import Adversary, Liars, Moment, Window


def adversary(*attacks, devices=(1, 3), window=Window(), knowledge='all'):
    choices = tuple(ATTACKS.read(each) for each in attacks)
    return Adversary([Liars('workers', devices, choices, window, knowledge)], Seeds(7))


def test_one_of_nobody_controls_nobody():
    nobody = Adversary()
    assert not nobody
    assert not any(nobody.controls(device) for device in range(9))
    assert nobody.attacks(0, 'values', 0, 0.0) == ()


def test_it_controls_whom_it_is_told_to():
    mind = adversary('zero')
    assert [device for device in range(5) if mind.controls(device)] == [1, 3]
    assert mind.among([3, 0, 1]) == [0, 2]


@given(start=st.integers(0, 9), length=st.integers(1, 9), done=st.integers(0, 20))
def test_liars_act_from_a_moment_until_another(start, length, done):
    window = Window(Moment(start), Moment(start + length))
    acts = adversary('zero', window=window).attacks(1, 'values', done, now=99.0)
    assert bool(acts) == (start <= done < start + length)


def test_moments_may_be_times():
    window = Window(Moment(2.0, 'seconds'), Moment(5))
    times = [window.holds(done=3, now=now) for now in (1.9, 2.0, 9.0)]
    assert times == [False, True, True]
    assert not window.holds(done=5, now=9.0)


def test_attacks_are_told_apart_by_what_they_act_on():
    mind = adversary('label_flip', 'zero', {'gaussian': {'deviation': 1.0}})
    on = {
        what: [each.name for each in mind.attacks(3, what, 0, 0.0)] for what in ('values', 'data')
    }
    assert on == {'values': ['zero', 'gaussian'], 'data': ['label_flip']}


def test_attacks_compose_in_the_order_listed():
    own, honest = np.array([[1.0, 2.0]]), lambda: np.ones((3, 2))
    there = adversary({'constant': {'value': 5.0}}, {'sign_flip': {'factor': 2.0}})
    back = adversary({'sign_flip': {'factor': 2.0}}, {'constant': {'value': 5.0}})
    assert there.lies('workers', own, honest).tolist() == [[-10.0, -10.0]]
    assert back.lies('workers', own, honest).tolist() == [[5.0, 5.0]]


def never():
    raise AssertionError('the honest vectors were looked at')


@pytest.mark.parametrize('attack', ['little_is_enough', 'sign_flip'])
def test_nobody_looks_at_honest_vectors_who_may_not_or_need_not(attack):
    knowledge = 'own' if attack == 'little_is_enough' else 'all'
    mind = adversary({attack: {'z': 1.0} if knowledge == 'own' else {}}, knowledge=knowledge)
    own = np.array([[1.0], [3.0]])
    sent = mind.lies('workers', own, never, n=9)
    expected = [[3.0], [3.0]] if knowledge == 'own' else [[-1.0], [-3.0]]
    assert sent.tolist() == expected


def test_draws_depend_on_step_receiver_and_place_alone():
    own = np.ones((2, 5))

    def draw(**where):
        return adversary('random').lies('workers', own, never, n=9, **where).tolist()

    places = [{'step': 1}, {'step': 2}, {'step': 1, 'target': 0}, {'step': 1, 'place': 'x'}]
    first = [draw(**where) for where in places]
    assert first == [draw(**where) for where in places]
    assert len({str(each) for each in first}) == len(places)


def test_a_plug_in_is_a_plain_function(tmp_path):
    def shout(view, *, factor: float = 3.0):
        """Send the honest mean, but louder."""
        return factor * view.mean

    ATTACKS.add({'shout': shout}, 'test')
    try:
        sent = adversary('shout').lies('workers', np.zeros((2, 1)), lambda: np.full((4, 1), 2.0))
    finally:
        ATTACKS.remove('test')
    assert sent.tolist() == [[6.0], [6.0]]
