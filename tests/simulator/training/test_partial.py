"""Partial all-reduces: the fastest make a round, the others forward, come late, and catch up."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.cluster.faults import FAULTS
from simulator.errors import ScenarioError
from simulator.robust.aggregation import RULES, flops
from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.training import KINDS, Facts
from simulator.training.adversary import Adversary, Liars
from simulator.training.partial import PartialPrograms

BANDWIDTH, LATENCY, SPEED = 1e6, 1e-3, 1e6  # of the fixture's star
WORD = 8.0
SLOW = 10.0

quick = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def reduce_(make_experiment, train, monkeypatch):
    """Run an all_reduce with some slow ranks; return what was called, and what came of it."""
    calls = []
    call = PartialPrograms.call

    def note(self, bucket, step, pile):
        calls.append((self.experiment.clock.now, bucket, step, list(pile)))
        call(self, bucket, step, pile)

    monkeypatch.setattr(PartialPrograms, 'call', note)

    def run(slow=(3,), *, faults=None, attack=None, factor=SLOW, **options):
        names = ('stop', 'workers', 'sigma', 'rate', 'sharing', 'seed', 'servers')
        world = {name: options.pop(name) for name in names if name in options}
        experiment = make_experiment(**({'servers': 0, 'stop': {'rounds': 12}} | world))
        for number in slow:
            experiment.cluster.devices.speed[number] /= factor
        if attack:
            liars, choice = attack
            party = [Liars('ranks', liars, (ATTACKS.read(choice),))]
            experiment.adversary = Adversary(party, Seeds(7))
        if faults:
            FAULTS.read(faults)(experiment.cluster, Seeds(1))
        spans, rows = [], []
        experiment.cluster.fabric.tap(spans=spans.append)
        metric = experiment.recorder.metric
        experiment.recorder.metric = lambda *row: (rows.append(row), metric(*row))
        calls.clear()
        trained = train(experiment, 'all_reduce', **options)
        trained.experiment, trained.calls, trained.metrics = experiment, list(calls), rows
        trained.spans = np.concatenate(spans)
        return trained

    return run


def replayed(calls, learning):
    """Return the model that the mean of what was brought leads to, one call after another.

    Gradients are drawn as each rank has drawn them, those that were dropped included.
    """
    models, found = [learning.initial], {}
    for _, _, step, pile in calls:
        for each in pile:
            assert (each.number, each.step) not in found
            found[each.number, each.step] = learning.request(each.number, models[each.step - 1])
        vectors = [found[each.number, each.step].value for each in pile]
        models.append(models[step - 1] - np.float32(0.1) * np.mean(vectors, axis=0))
    return models[-1]


def residuals(bucket):
    """Return the sum of what all ranks keep of a bucket."""
    if bucket.memory is not None:
        return np.sum(list(bucket.memory.residuals.values()), axis=0)
    bucket.packer.settle()
    return np.sum([state.residual for state in bucket.packer._states], axis=0)


def stale(trained):
    return [(row[3], row[5]) for row in trained.metrics if row[4] == 'staleness']


@pytest.mark.parametrize(
    'options', [{}, {'local_steps': 2}, {'buckets': 2}, {'compression': ['top_k']}]
)
def test_who_waits_for_all_does_what_is_done_without_the_option(reduce_, options):
    plain, all_ = reduce_(sigma=0.5, **options), reduce_(sigma=0.5, wait_for=4, **options)
    np.testing.assert_array_equal(plain.model, all_.model)
    np.testing.assert_array_equal(plain.spans, all_.spans)
    assert plain.summary == all_.summary
    assert plain.predicted == all_.predicted


@pytest.mark.parametrize('slow', [0, 3])  # the one that counts who is ready, or another
def test_a_straggler_delays_no_round(reduce_, slow):
    run = reduce_((slow,), wait_for=3, sharing='none', stop={'rounds': 12})
    experiment = run.experiment
    compute = experiment.learning.gradient_flops(0) / SPEED
    alpha, word = 2 * LATENCY, WORD / BANDWIDTH
    largest = 4 * np.ceil(experiment.parameters / 4)
    ring = 2 * 3 * (alpha + largest / BANDWIDTH)
    one_round = compute + 2 * (alpha + word) + ring
    assert experiment.clock.now == pytest.approx(12 * one_round, rel=1e-9)
    assert [call[0] for call in run.calls] == pytest.approx(
        [k * one_round + compute + alpha + word for k in range(12)], rel=1e-9
    )


@pytest.mark.parametrize('late', ['drop', 'apply'])
def test_nor_does_what_it_has_to_aggregate(reduce_, late):
    """It puts that off until it has done with its own work."""
    rule = {'algorithm': 'all_to_all', 'aggregation': {'krum': {'f': 1}}}
    run = reduce_(
        (5,), workers=6, wait_for=5, late=late, sharing='none', stop={'rounds': 9}, **rule
    )
    experiment = run.experiment
    compute = experiment.learning.gradient_flops(0) / SPEED
    vector, word = 4 * experiment.parameters / BANDWIDTH, WORD / BANDWIDTH
    calls = [each[0] for each in run.calls]
    counts = [len(call[3]) for call in run.calls]
    krum = RULES.read(rule['aggregation'])
    for before, after, count in zip(calls, calls[1:], counts, strict=False):
        work = flops(krum, count, experiment.parameters) / SPEED
        one_round = vector + work + compute + 3 * 2 * LATENCY + 2 * word
        assert after - before == pytest.approx(one_round, rel=1e-9)
    names = [tag.name for tag in experiment.cluster.tags.all]
    rows = [row for row in run.spans if row['device'] == 5]
    own = next(row for row in rows if names[row['tag']] == 'compute')
    aggregated = [row for row in rows if names[row['tag']] == 'aggregate']
    assert aggregated[0]['start'] >= own['end']
    missed = sum(own['start'] < when < own['end'] for when in calls)
    assert missed > 1
    least = SLOW * flops(krum, 5, experiment.parameters) / SPEED  # for each round it has left
    assert aggregated[0]['end'] - aggregated[0]['start'] >= 0.999 * (missed - 1) * least


def test_meanwhile_the_straggler_works_on(reduce_):
    run = reduce_(wait_for=3, factor=40.0)
    names = [tag.name for tag in run.experiment.cluster.tags.all]
    mine = [row for row in run.spans if row['device'] == 3 and names[row['tag']] == 'compute']
    compute = run.experiment.learning.gradient_flops(3) / SPEED
    assert all(row['end'] - row['start'] == pytest.approx(40 * compute) for row in mine)
    within = [k for k, call in enumerate(run.calls) if mine[0]['start'] < call[0] < mine[0]['end']]
    assert len(within) >= 3  # rounds that went on without it


@quick
@given(
    workers=st.integers(2, 6), data=st.data(), sigma=st.floats(0.1, 1.5), seed=st.integers(0, 99)
)
def test_exactly_k_are_in_time(reduce_, workers, data, sigma, seed):
    k = data.draw(st.integers(1, workers - 1))
    run = reduce_((), workers=workers, wait_for=k, sigma=sigma, seed=seed, stop={'rounds': 6})
    assert run.summary['rounds'] == 6
    for _, _, step, pile in run.calls:
        assert [each.step for each in pile] == [step] * k
        assert len({each.number for each in pile}) == k


@pytest.mark.parametrize('algorithm', ['ring', 'tree', 'butterfly', 'all_to_all'])
@pytest.mark.parametrize('slow', [(2, 3), (0, 5)])
def test_a_round_applies_the_mean_of_what_was_brought(reduce_, make_experiment, algorithm, slow):
    run = reduce_(slow, workers=6, wait_for=4, late='apply', algorithm=algorithm)
    assert max(len(call[3]) for call in run.calls) > 4  # something was late
    learning = make_experiment(workers=6, servers=0).learning
    model = replayed(run.calls[: run.summary['rounds']], learning)
    np.testing.assert_allclose(run.model, model, rtol=1e-5, atol=1e-6)


def test_what_is_dropped_has_no_say(reduce_, make_experiment):
    """The slow rank never comes in time: the others alone train the model."""
    run = reduce_(wait_for=3)
    learning = make_experiment(servers=0).learning
    model = learning.initial
    for _ in range(run.summary['rounds']):
        gradients = [learning.request(number, model).value for number in range(3)]
        model = model - np.float32(0.1) * np.mean(gradients, axis=0)
    np.testing.assert_allclose(run.model, model, rtol=1e-6)
    assert len(stale(run)) >= 2


@pytest.mark.parametrize('options', [{}, {'local_steps': 2}, {'buckets': 3}])
def test_nothing_is_lost_if_what_is_late_is_applied(reduce_, monkeypatch, options):
    brought, begun = [], PartialPrograms.begun

    def note(self, *request):
        brought.append(begun(self, *request))
        return brought[-1]

    monkeypatch.setattr(PartialPrograms, 'begun', note)
    run = reduce_((2, 3), wait_for=2, late='apply', stop={'rounds': 30}, **options)
    for bucket in range(options.get('buckets', 1)):
        applied = [id(each) for call in run.calls if call[1] == bucket for each in call[3]]
        assert len(set(applied)) == len(applied)  # each once
        under_way = [each.number for each in brought if id(each) not in applied]
        assert len(set(under_way)) == len(under_way) <= 4  # the last one of each rank, at most
    assert {each.number for each in brought} == set(range(4))


@pytest.mark.parametrize('exchange', ['gather', 'merge'])
@pytest.mark.parametrize('lossy', [{'top_k': {'count': 2}}, {'low_rank': {'rank': 1}}])
def test_what_compression_leaves_out_is_kept_by_whoever_brought_it(
    reduce_, monkeypatch, lossy, exchange
):
    """The sum of all steps and of what is kept is the sum of all that was brought."""
    moved, ends = [], PartialPrograms.means

    def note(self, round_, step):
        found, total = ends(self, round_, step), len(round_.brought)
        moved.append(
            (self, total * found[0][0], [each.vector(slice(None)) for each in round_.brought])
        )
        return found

    monkeypatch.setattr(PartialPrograms, 'means', note)
    options = {'compression': [lossy, 'error_feedback'], 'exchange': exchange}
    run = reduce_(wait_for=3, late='apply', stop={'rounds': 14}, **options)
    assert any(len(vectors) == 4 for _, _, vectors in moved)
    kept = residuals(moved[0][0].buckets[0])
    sent = np.sum([each for _, each, _ in moved], axis=0)
    given = np.sum([vector for _, _, vectors in moved for vector in vectors], axis=0)
    np.testing.assert_allclose(sent + kept, given, atol=1e-4)
    assert run.summary['rounds'] == 14


def test_a_hand_computed_trajectory_with_a_late_gradient(reduce_, make_experiment):
    """Rank 1 is 2.5 times slower than rank 0: its first gradient counts in the third round."""
    run = reduce_((1,), workers=2, wait_for=1, late='apply', factor=2.5, stop={'rounds': 4})
    learning = make_experiment(workers=2, servers=0).learning
    shape = [[(each.number, each.step) for each in call[3]] for call in run.calls]
    late = next(k for k, pile in enumerate(shape) if len(pile) == 2)
    assert shape[:late] == [[(0, k + 1)] for k in range(late)]
    assert shape[late] == [(0, late + 1), (1, 1)]
    start = model = learning.initial
    first = learning.request(1, start).value
    for _ in range(late):
        model = model - np.float32(0.1) * learning.request(0, model).value
    both = (learning.request(0, model).value + first) / 2
    expected = model - np.float32(0.1) * both
    stopped = reduce_(
        (1,), workers=2, wait_for=1, late='apply', factor=2.5, stop={'rounds': late + 1}
    )
    np.testing.assert_allclose(stopped.model, expected, rtol=1e-6, atol=1e-7)
    assert stale(stopped) == [(1, late)]


def test_staleness_is_recorded_as_for_a_server(reduce_, make_experiment, train):
    drop, apply_ = (reduce_(wait_for=3, late=late) for late in ('drop', 'apply'))
    for run in (drop, apply_):
        assert {device for device, _ in stale(run)} == {3}
        assert run.summary['mean_staleness'] > 0
    applied = [
        (each.number, step - each.step)
        for _, _, step, pile in apply_.calls
        for each in pile
        if each.step < step
    ]
    assert stale(apply_) == applied
    experiment = make_experiment(stop={'rounds': 12})
    experiment.cluster.devices.speed[3] /= SLOW
    server = train(experiment, 'parameter_server', clock={'backup': {'wait_for': 3}})
    assert {'mean_staleness'} <= set(server.summary) & set(drop.summary)


@quick
@given(sigma=st.floats(0.1, 1.5), late=st.sampled_from(['drop', 'apply']), seed=st.integers(0, 99))
def test_ranks_hold_one_model_and_go_on_from_the_newest(reduce_, sigma, late, seed):
    run = reduce_((), wait_for=2, late=late, sigma=sigma, seed=seed, stop={'rounds': 8})
    steps = {number: [] for number in range(4)}
    for _, _, _, pile in run.calls:
        for each in pile:
            steps[each.number].append(each.step)
    for mine in steps.values():
        assert mine == sorted(set(mine))  # never two from one model


OTHERS = [
    {'local_steps': 3},
    {'buckets': 3},
    {'compression': ['top_k', 'error_feedback']},
    {'compression': ['top_k', 'error_feedback'], 'exchange': 'merge'},
    {'compression': ['float16'], 'exchange': 'merge', 'algorithm': 'tree'},
    {'compression': ['int8'], 'algorithm': 'all_to_all'},
    {'compression': ['low_rank', 'error_feedback'], 'exchange': 'merge'},
    {'algorithm': 'all_to_all', 'aggregation': 'median'},
    {'algorithm': 'all_to_all', 'aggregation': {'centered_clipping': {'radius': 1.0}}},
    {'worker_momentum': 0.9},
]


@pytest.mark.parametrize('late', ['drop', 'apply'])
@pytest.mark.parametrize('options', OTHERS)
def test_it_goes_together_with_everything(reduce_, options, late):
    options = {'wait_for': 3, 'late': late, 'sigma': 0.8, 'stop': {'rounds': 40}, **options}
    run, again = reduce_(**options), reduce_(**options)
    assert run.summary['rounds'] == 40
    start = run.experiment.learning.evaluate(run.experiment.learning.initial).loss
    assert run.summary['test_loss'] < start
    np.testing.assert_array_equal(run.model, again.model)  # and is reproducible
    np.testing.assert_array_equal(run.spans, again.spans)


@pytest.mark.parametrize('timeout', [None, '15 ms'])
@pytest.mark.parametrize('options', OTHERS)
def test_ranks_come_and_go(reduce_, timeout, options):
    fault = {'churn': {'devices': '0..2', 'up': '400 ms', 'down': '30 ms'}}
    run = reduce_(
        (),
        wait_for=3,
        late='apply',
        timeout=timeout,
        faults=fault,
        sigma=0.4,
        stop={'rounds': 25},
        **options,
    )
    assert run.summary['rounds'] == 25


def test_a_crashed_rank_cannot_forward(reduce_):
    fault = {'churn': {'devices': 1, 'at': '30 ms'}}
    with pytest.raises(Exception, match=r'device 1 is down since 0\.03 s'):
        reduce_((), wait_for=3, faults=fault)
    run = reduce_((), wait_for=3, faults=fault, timeout='20 ms')
    assert run.summary['rounds'] == 12


def test_passive_ranks_send_no_packets(reduce_):
    options = {'compression': ['float16'], 'algorithm': 'all_to_all', 'stop': {'rounds': 5}}
    whole, part = reduce_(**options), reduce_(wait_for=3, factor=1e6, **options)
    packets = whole.summary['bytes'] / 5 / 12  # four ranks, three others each
    control = part.summary['bytes'] - 5 * 9 * packets
    assert control == 5 * WORD * (3 + 2)  # calls to three, two that are ready beside the first


@pytest.mark.parametrize('buckets', [1, 2])
def test_the_schedules_own_traffic_is_the_same(reduce_, buckets):
    whole = reduce_(buckets=buckets, stop={'rounds': 5})
    part = reduce_(buckets=buckets, wait_for=3, factor=1e6, stop={'rounds': 5})
    assert whole.summary['bytes'] == whole.predicted['bytes']
    assert part.summary['bytes'] - whole.summary['bytes'] == 5 * buckets * WORD * (3 + 2)
    assert part.predicted == {}  # who is late decides


@pytest.mark.parametrize('late', ['drop', 'apply'])
def test_a_liar_that_is_late_lies_when_it_forwards(reduce_, late):
    lie = ((3,), {'constant': {'value': 1e3}})
    ring = reduce_(wait_for=3, late=late, attack=lie, stop={'rounds': 3})
    assert ring.summary['lie_spread'] > 0.5


def test_where_all_gather_a_liar_that_is_late_has_no_say(reduce_):
    lie = ((3,), {'constant': {'value': 1e3}})
    options = {'algorithm': 'all_to_all', 'aggregation': 'median', 'stop': {'rounds': 3}}
    lied = reduce_(wait_for=3, factor=1e6, attack=lie, **options)
    honest = reduce_(wait_for=3, factor=1e6, **options)
    np.testing.assert_array_equal(lied.model, honest.model)
    early = reduce_((2,), wait_for=3, factor=1e6, attack=lie, **options)
    assert not np.array_equal(early.model, honest.model)


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        ({'wait_for': 9}, 'wait_for(=9) must be at most 8, the number of workers'),
        (
            {'wait_for': 4, 'algorithm': 'all_to_all', 'aggregation': {'krum': {'f': 1}}},
            'krum needs n >= 2f + 3: n=4, f=1; wait_for(=4) makes do with so few',
        ),
        ({'wait_for': 5, 'algorithm': 'all_to_all', 'aggregation': {'krum': {'f': 1}}}, None),
        ({'wait_for': 8}, None),
    ],
)
def test_who_is_waited_for_has_to_be_enough(options, words):
    choice = KINDS.read({'all_reduce': options})
    found = list(choice.beside('check')(Facts(workers=8), **choice.options))
    if words is None:
        assert found == []
    else:
        assert words in found[0]


def test_what_never_happens_can_not_be_applied():
    with pytest.raises((ValueError, ScenarioError), match='late: apply needs wait_for'):
        KINDS.read({'all_reduce': {'late': 'apply'}})
