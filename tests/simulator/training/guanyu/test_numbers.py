"""The paper's conditions, with the numbers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.training import KINDS, Facts
from simulator.training.guanyu.numbers import Numbers, PerRole, numbers_of, problems_of


@settings(max_examples=30)
@given(st.integers(3, 200))
def test_by_default_as_many_may_lie_as_can_be_borne(nodes):
    numbers = numbers_of(nodes, 'workers', None, None)
    assert list(problems_of(numbers)) == []
    more = numbers._replace(byzantine=numbers.byzantine + 1)
    assert 'needs n >= 3f + 3' in next(problems_of(more))


@settings(max_examples=30)
@given(st.integers(3, 60), st.integers(0, 20), st.integers(1, 70))
def test_conditions_are_the_papers(nodes, f, quorum):
    hold = nodes >= 3 * f + 3 and 2 * f + 3 <= quorum <= nodes - f
    assert (list(problems_of(Numbers('servers', nodes, f, quorum))) == []) == hold


@settings(max_examples=30)
@given(st.integers(3, 60), st.integers(0, 20), st.integers(1, 70))
def test_the_remedy_helps(nodes, f, quorum):
    numbers = Numbers('servers', nodes, f, quorum)
    for problem in problems_of(numbers):
        told = int(problem.rpartition('servers: ')[2].rstrip('}'))
        field = 'quorum' if problem.startswith('needs 2f') else 'byzantine'
        mended = numbers._replace(
            **{field: told}, **({'quorum': nodes - told} if field != 'quorum' else {})
        )
        assert list(problems_of(mended)) == []


def problems(options, workers=18, servers=6):
    choice = KINDS.read({'guanyu': options})
    return list(choice.beside('check')(Facts(workers=workers, servers=servers), **choice.options))


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        # 13 gradients arrive of 18: krum's tolerance is that of 13
        ({'aggregation': {'krum': {'f': 5}}}, None),
        ({'aggregation': {'krum': {'f': 6}}}, 'krum needs n >= 2f + 3: n=13, f=6'),
        ({'aggregation': {'bulyan': {'f': 2}}, 'byzantine': {'workers': 2}}, None),
        ({'aggregation': {'bulyan': {'f': 3}}}, 'bulyan needs n >= 4f + 3: n=13, f=3'),
        ({'aggregation': {'krum': {'f': 4}}}, 'is told f=4, but byzantine workers are f=5'),
        ({'aggregation': 'mean'}, 'mean survives 0 Byzantine of a quorum of q=13'),
        ({'aggregation': 'mean', 'byzantine': {'workers': 0}}, None),
        ({'byzantine': {'servers': 2}}, 'needs n >= 3f + 3 servers: n=6, f=2'),
        ({'quorum': {'workers': 12}}, 'needs 2f + 3 <= q <= n - f for workers: q=12, f=5, n=18'),
        ({'quorum': {'servers': 6}}, 'needs 2f + 3 <= q <= n - f for servers: q=6, f=1, n=6'),
        ({'quorum': {'workers': 13, 'servers': 5}}, None),
    ],
)
def test_what_does_not_hold_is_told_with_its_numbers(options, words):
    found = problems(options)
    assert found == [] if words is None else words in '; '.join(found)


def test_one_server_is_too_few():
    assert 'needs n >= 3f + 3 servers: n=1, f=0' in problems({}, servers=1)[0]


def test_numbers_stand_in_the_resolved_scenario():
    choice = KINDS.read({'guanyu': {'byzantine': {'servers': 1}}})
    assert choice.options['byzantine'] == PerRole(servers=1)
    assert (
        KINDS.read({'guanyu': KINDS.entry('guanyu').write(choice.options)}).options
        == choice.options
    )
