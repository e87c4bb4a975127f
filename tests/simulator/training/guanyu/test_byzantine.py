"""Byzantine servers and workers in GuanYu: lies, and attacks on time and protocol."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from simulator.cluster.faults import FAULTS
from simulator.errors import StalledError
from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.traces import part_paths
from simulator.training import KINDS
from simulator.training.adversary import Adversary, Liars, Moment, Window

WORKERS, SERVERS = range(6), range(6, 12)
LIAR, FALSE_SERVER = 2, 8


def liars(role, *attacks, devices=None, window=Window(), knowledge='all'):
    devices = devices or ((LIAR,) if role == 'workers' else (FALSE_SERVER,))
    choices = tuple(ATTACKS.read(each) for each in attacks)
    return Liars(role, tuple(devices), choices, window, knowledge)


def messages(run):
    folder = next(iter(run.experiment.recorder._writers.values()))._folder.parent
    parts = [pq.read_table(path).to_pandas() for path in part_paths(folder, 'messages')]
    return parts[0]


def honest_quorums(run, kind, step):
    found = run.quorums[kind, step]
    return {node: sources for node, sources in found.items() if node not in (LIAR, FALSE_SERVER)}


def share_in_quorums(run, kind, source):
    steps = range(1, run.summary['rounds'] + 1)
    found = [source in sources for s in steps for sources in honest_quorums(run, kind, s).values()]
    return np.mean(found)


BOTH = {'stop': {'rounds': 40}, 'rate': 0.6}
SLOW = pytest.mark.slow
LIES = [
    'sign_flip',
    pytest.param({'scaled': {'factor': -3.0}}, marks=SLOW),
    pytest.param('nan', marks=SLOW),
    pytest.param({'gaussian': {'deviation': 50}}, marks=SLOW),
    pytest.param('random', marks=SLOW),
]


@pytest.mark.parametrize('lie', LIES, ids=str)
def test_at_the_largest_f_of_both_roles_training_reaches_the_honest_run(agree, lie):
    honest = agree(**BOTH)
    attacked = agree(**BOTH, liars=[liars('workers', lie), liars('servers', lie, 'equivocate')])
    assert attacked.summary['test_accuracy'] >= honest.summary['test_accuracy'] - 0.03
    assert attacked.summary['byzantine_in_quorums'] > 0


@pytest.mark.parametrize('lie', ['sign_flip', {'gaussian': {'deviation': 50}}], ids=str)
def test_a_plain_parameter_server_that_lies_trains_nothing(make_experiment, train, agree, lie):
    honest = agree(**BOTH)
    experiment = make_experiment(workers=6, servers=1, **BOTH)
    experiment.adversary = Adversary([liars('servers', lie, devices=(6,))], Seeds(7))
    trained = train(experiment, 'parameter_server', aggregation='median')
    assert trained.summary['test_accuracy'] < honest.summary['test_accuracy'] - 0.2


@pytest.mark.parametrize('seed', range(1))
@pytest.mark.parametrize('lie', [{'constant': {'value': 9.0}}, 'sign_flip', 'nan'], ids=str)
def test_honest_servers_stay_together_whatever_a_server_sends_to_whom(agree, lie, seed):
    run = agree(seed=seed, stop={'rounds': 12}, liars=[liars('servers', lie, 'equivocate')])
    honest = agree(seed=seed, stop={'rounds': 12})
    assert run.summary['server_distance'] < 5 * honest.summary['server_distance'] + 0.05


@pytest.mark.parametrize('lie', [{'constant': {'value': 9.0}}, 'random'], ids=str)
def test_meetings_bring_honest_servers_together_beside_a_liar(agree, lie):
    run = agree(
        stop={'rounds': 20},
        options={'gather_every': 5},
        liars=[liars('servers', lie, 'equivocate')],
    )
    told = {row[1]: row[5] for row in run.metrics if row[4] == 'server_distance'}
    after = [told[step] for step in (5, 10, 15, 20)]
    before = [told[step - 1] for step in (5, 10, 15, 20)]
    assert np.mean(after) < np.mean(before)


def test_a_server_that_equivocates_tells_odd_workers_the_opposite(agree):
    told = {}
    lie = {'constant': {'value': 5.0}}

    def listen(experiment):
        send = experiment.transport.send

        def noting(source, target, size, payload, **more):
            if source == FALSE_SERVER and payload.step == 2 and payload.kind == 'model':
                told[target] = payload.content
            return send(source, target, size, payload, **more)

        experiment.transport.send = noting

    agree(faults=listen, liars=[liars('servers', lie, 'equivocate')])
    values = {target: np.asarray(content.value) for target, content in told.items()}
    even, odd = ([values[w] for w in WORKERS if w % 2 == k] for k in (0, 1))
    assert all((each == 5.0).all() for each in even)
    assert all((each < 0).all() for each in odd)  # 2 mean - 5


def test_who_rushes_is_in_every_quorum(agree):
    lying, rushing = (
        agree(liars=[liars('workers', 'sign_flip', *more)], sigma=0.5) for more in ((), ('rush',))
    )
    assert share_in_quorums(rushing, 'gradient', LIAR) == 1.0
    assert share_in_quorums(lying, 'gradient', LIAR) < 1.0
    rows = messages(rushing).query('kind == "gradient" and step > 1')
    first = rows.groupby(['step', 'target']).delivered_ns.idxmin()
    assert (rows.loc[first].source == LIAR).mean() >= 0.8  # it arrives before all honest ones
    spans = rushing.experiment.cluster.fabric.devices['busy']
    assert spans[LIAR] < min(spans[w] for w in WORKERS if w != LIAR) / 10  # it computes nothing


def test_a_server_that_rushes_is_in_every_quorum(agree):
    run = agree(liars=[liars('servers', 'sign_flip', 'rush')], sigma=0.5)
    assert share_in_quorums(run, 'exchange', FALSE_SERVER) == 1.0
    assert run.summary['rounds'] == 6


def test_what_rushes_knows_of_the_honest_is_the_last_step(agree):
    options = {'aggregation': 'mean', 'byzantine': {'workers': 0}}

    def model(rounds, lie):
        told = [liars('workers', lie, 'rush')]
        return agree(stop={'rounds': rounds}, options=options, liars=told).model

    lies = ({'scaled': {'factor': -9.0}}, 'zero')
    first, second = ([model(rounds, lie) for lie in lies] for rounds in (1, 2))
    np.testing.assert_array_equal(*first)  # nothing was known yet
    assert not np.allclose(*second)


def test_who_withholds_is_in_no_quorum_and_sends_nothing(agree):
    run = agree(liars=[liars('workers', 'withhold'), liars('servers', 'withhold')])
    assert share_in_quorums(run, 'gradient', LIAR) == 0
    assert share_in_quorums(run, 'exchange', FALSE_SERVER) == 0
    assert not messages(run).source.isin([LIAR, FALSE_SERVER]).any()
    assert run.summary['rounds'] == 6


def test_a_share_may_be_withheld(agree):
    honest, run = agree(), agree(liars=[liars('workers', {'withhold': {'share': 0.5}})])
    sent = [
        (messages(each).query('kind == "gradient"').source == LIAR).sum() for each in (honest, run)
    ]
    assert 0.2 * sent[0] < sent[1] < 0.8 * sent[0]


def test_who_delays_arrives_last(agree):
    run = agree(liars=[liars('workers', {'delay': {'by': '20 ms'}})])
    honest = agree()
    rows = messages(run).query('kind == "gradient" and step < 6')
    last = rows.groupby(['step', 'target']).delivered_ns.idxmax()
    assert (rows.loc[last].source == LIAR).mean() > 0.9
    assert share_in_quorums(run, 'gradient', LIAR) < share_in_quorums(honest, 'gradient', LIAR)
    took = run.summary['simulated_seconds'] / honest.summary['simulated_seconds']
    assert took < 1.5  # nobody waits for it


@pytest.mark.parametrize('seed', [7, 8])
def test_by_default_a_delay_waits_until_the_quorum_needs_the_liar(agree, seed):
    """It sends when all that is missing is as many letters as there are liars."""
    run = agree(liars=[liars('workers', 'delay')], seed=seed, sigma=0.5)
    honest = agree(seed=seed, sigma=0.5)
    assert run.summary['rounds'] == 6
    rows = messages(run).query('kind == "gradient" and step < 6')
    for (_, _), group in rows.groupby(['step', 'target']):
        arrived = group.sort_values('delivered_ns')
        mine = arrived.query(f'source == {LIAR}')
        before = arrived[arrived.delivered_ns <= mine.sent_ns.iloc[0]]
        assert len(before) >= 4  # of a quorum of five, all but the liar's
    assert run.summary['simulated_seconds'] >= 0.9 * honest.summary['simulated_seconds']


def test_a_flood_loads_links_and_counts_once(agree):
    honest, run = agree(), agree(liars=[liars('workers', {'flood': {'copies': 20}})])
    rows = messages(run)
    copies = rows.query('kind == "flood"')
    assert set(copies.source) == {LIAR}
    assert len(copies) > 19 * (rows.query('kind == "gradient"').source == LIAR).sum() / 2
    assert run.summary['bytes'] > 2 * honest.summary['bytes']
    links, network = run.experiment.cluster.fabric.links, run.experiment.cluster.network
    load = {source: links['bytes'][network.source == source].sum() for source in WORKERS}
    assert load[LIAR] > 5 * max(load[each] for each in WORKERS if each != LIAR)
    for step in range(1, 7):
        for sources in run.quorums['gradient', step].values():
            assert len(sources) == len(set(sources)) == 5


def test_a_flood_may_be_of_another_size(agree):
    size = {'copies': 2, 'bytes': '500 B'}
    run = agree(liars=[liars('workers', {'flood': size})])
    assert set(messages(run).query('kind == "flood"').bytes) == {500.0}


def test_attacks_act_in_their_window(agree):
    window = Window(Moment(2), Moment(4))
    run = agree(liars=[liars('workers', 'withhold', window=window)])
    rows = messages(run).query(f'kind == "gradient" and source == {LIAR}')
    assert {1, 2}.issubset(set(rows.step))
    assert {3, 4}.isdisjoint(set(rows.step))


def test_knowledge_of_ones_own_is_less(agree):
    lie = {'scaled': {'factor': -3.0}}
    runs = [agree(liars=[liars('workers', lie, knowledge=k)]) for k in ('all', 'own')]
    assert not np.allclose(runs[0].model, runs[1].model)


@pytest.mark.parametrize('name', [n for n in ATTACKS if not ATTACKS.beside(n, 'needs_receiver')])
def test_every_attack_can_be_carried_out(agree, name):
    attack = {'delay': {'by': '10 ms'}} if name == 'delay' else name
    parties = [liars('workers', attack)]
    if ATTACKS.beside(name, 'acts_on') != 'data':
        parties.append(liars('servers', attack))
    options = {'aggregation': {'trimmed_mean': {'f': 1}}}
    run = agree(liars=parties, stop={'rounds': 3}, options=options)
    assert run.summary['rounds'] == 3
    assert np.isfinite(run.model).all()


def test_crashed_and_byzantine_nodes_are_survived_together_up_to_f(agree):
    """Of 9 workers and 9 servers f = 2: one of each role lies, one of each crashes for good."""

    def strike(experiment):
        for device in (0, 9):
            fault = {'churn': {'devices': device, 'at': '50 ms'}}
            FAULTS.read(fault)(experiment.cluster, Seeds(1))

    parties = [
        liars('workers', 'sign_flip', devices=(3,)),
        liars('servers', 'sign_flip', 'equivocate', devices=(12,)),
    ]
    world = {
        'workers': 9,
        'servers': 9,
        'stop': {'rounds': 40},
        'rate': 0.3,
        'options': {'aggregation': {'multi_krum': {'f': 2}}},
    }
    run, honest = agree(**world, faults=strike, liars=parties), agree(**world)
    assert run.summary['rounds'] == 40
    assert run.summary['test_accuracy'] >= honest.summary['test_accuracy'] - 0.1
    gone = {0, 9}
    late = [s for step in range(30, 41) for s in run.quorums['gradient', step].values()]
    assert all(gone.isdisjoint(sources) for sources in late)


def test_silent_liars_and_crashes_beyond_f_stall(agree):
    def strike(experiment):
        FAULTS.read({'churn': {'devices': 0, 'at': '5 ms'}})(experiment.cluster, Seeds(1))

    with pytest.raises(StalledError, match='waits for letter'):
        agree(faults=strike, liars=[liars('workers', 'withhold')])


def test_roles_are_declared():
    roles = KINDS.read('guanyu').beside('roles')()
    assert roles['workers'].hosts == 'worker'
    assert roles['servers'].acts_on == ('values', 'time')
