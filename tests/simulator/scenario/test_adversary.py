"""The adversary section: who is drawn, what is read, and that a resolved run runs again."""

from itertools import pairwise

import pytest

from simulator.errors import QuantityError
from simulator.scenario.adversary import adversary_of
from simulator.scenario.moment import format_moment, parse_moment
from simulator.scenario.schema import Byzantine, Scenario
from simulator.seeds import Seeds
from simulator.training.adversary import Moment
from topologies import TOPOLOGIES


def scenario(**section):
    return Scenario.model_validate(
        {
            'name': 'lies',
            'stop': {'rounds': 2},
            'cluster': {'topology': {'star': {'workers': 9, 'servers': 1}}},
            'training': {'parameter_server': {}},
            'adversary': {'workers': {'attack': 'zero', **section}},
        }
    )


def devices(seed=7, **section):
    graph = TOPOLOGIES['star'](workers=9, servers=1)
    found = adversary_of(scenario(**section), graph, Seeds(seed)).liars
    return found['workers'].devices if found else ()


def test_of_more_liars_the_first_stay_the_same():
    drawn = [set(devices(count=count)) for count in range(10)]
    assert [len(each) for each in drawn] == list(range(10))
    assert all(fewer < more for fewer, more in pairwise(drawn))


def test_who_lies_depends_on_the_seed_and_may_be_said():
    assert len({devices(seed, count=3) for seed in range(9)}) > 1
    assert devices(nodes=['1..2', 5]) == (1, 2, 5)


def test_what_was_read_is_written_as_it_stood():
    attack = [{'gaussian': {'deviation': 2.0}}, 'zero']
    section = {'count': 2, 'from': '3 rounds', 'until': '5 s', 'attack': attack}
    plain = scenario(**section).resolved()['adversary']['workers']
    assert plain.items() >= {**section, 'knowledge': 'all'}.items()
    assert Byzantine.model_validate(plain).attacks[0].name == 'gaussian'


@pytest.mark.parametrize('text', ['0 rounds', '1 round', '20 rounds', '5 ms', '2 s'])
def test_points_in_a_run_are_read_and_written(text):
    assert format_moment(parse_moment(text)) == text


@pytest.mark.parametrize('wrong', [3, '3', '2 epochs', '1.5 rounds', '-1 s', ''])
def test_what_is_no_point_in_a_run_is_refused(wrong):
    with pytest.raises(QuantityError):
        parse_moment(wrong)


def test_rounds_are_whole():
    assert parse_moment('2 rounds') == Moment(2, 'rounds')
