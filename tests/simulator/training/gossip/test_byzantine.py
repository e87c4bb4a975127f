"""Byzantine peers: what they tell their neighbours, and which mixes bear it."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from simulator.robust.attacks import ATTACKS
from simulator.seeds import Seeds
from simulator.traces import part_paths
from simulator.training import KINDS
from simulator.training.adversary import Adversary, Liars, Moment, Window
from simulator.training.gossip.protocols import PROTOCOLS

LIAR = 2
MIXING = [name for name in PROTOCOLS if PROTOCOLS.beside(name, 'mixes')]


@pytest.fixture
def lied(tools):
    def run(
        *attacks,
        topology='star',
        liars=(LIAR,),
        window=Window(),
        knowledge='all',
        protocol='dpsgd',
        aggregation='weighted',
        start='same',
        **world,
    ):
        world = {'workers': 7, 'rounds': 6, 'rate': 0.1} | world
        experiment = tools.make(topology, **world)
        choices = tuple(ATTACKS.read(each) for each in attacks)
        party = [Liars('peers', tuple(liars), choices, window, knowledge)] if attacks else []
        experiment.adversary = Adversary(party, Seeds(7))
        return tools.gossip(experiment, protocol, aggregation=aggregation, start=start)

    return run


def messages(run):
    folder = next(iter(run.experiment.recorder._writers.values()))._folder.parent
    return pq.read_table(part_paths(folder, 'messages')[0]).to_pandas()


@pytest.mark.parametrize('protocol', ['dpsgd', 'epidemic'])
def test_a_lie_is_mixed_as_any_model(lied, protocol):
    """Without gradients, plain mixing of a constant lie is linear algebra."""
    lie = {'constant': {'value': 5.0}}
    run = lied(lie, protocol=protocol, rate=None, rounds=1, start='own')
    models = run.starts.copy()
    told = models.copy()
    told[LIAR] = 5.0
    for peer in range(7):
        if peer == LIAR:
            continue
        if protocol == 'dpsgd':
            expected = told.mean(axis=0)  # all are neighbours, all weights equal
        else:
            sources = run.protocol.drawn(1)[1][peer]
            expected = told[[peer, *sources]].mean(axis=0)
        np.testing.assert_allclose(run.models[peer], expected, atol=1e-5)


def test_dissensus_takes_the_honest_pull_back(lied):
    """At epsilon 1, plain gossip stays where it is: the paper's statement."""
    run = lied('dissensus', rate=None, rounds=4, start='own')
    honest = [peer for peer in range(7) if peer != LIAR]
    np.testing.assert_allclose(run.models[honest], run.starts[honest], atol=1e-4)


def test_beyond_that_peers_run_apart_and_clipping_holds_them_together(lied):
    strong = {'dissensus': {'epsilon': 2.0}}
    plain = lied(strong, rate=None, rounds=8, start='own')
    starts = lied(rate=None, rounds=1, start='own')
    held = lied(
        strong,
        rate=None,
        rounds=8,
        start='own',
        aggregation={'self_centred_clipping': {'f': 1}},
    )
    apart = next(row[5] for row in starts.metrics if row[4] == 'consensus')
    assert plain.summary['consensus'] > 2 * apart
    assert held.summary['consensus'] < plain.summary['consensus'] / 2


@pytest.mark.parametrize(
    'mix',
    [
        pytest.param('median', marks=pytest.mark.slow),
        {'trimmed_mean': {'f': 1}},
        pytest.param({'nearest_neighbour_averaging': {'f': 1}}, marks=pytest.mark.slow),
        {'self_centred_clipping': {'f': 1}},
        pytest.param({'by_rule': {'rule': {'krum': {'f': 1}}}}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_robust_mixes_learn_beside_a_liar_and_plain_mixing_does_not(lied, mix):
    lie, world = {'gaussian': {'deviation': 20.0}}, {'rounds': 40, 'rate': 0.3}
    honest, plain = lied(**world), lied(lie, **world)
    robust = lied(lie, **world, aggregation=mix)
    assert robust.summary['test_accuracy'] > honest.summary['test_accuracy'] - 0.1
    assert plain.summary['consensus'] > 5 * robust.summary['consensus'] or (
        plain.summary['test_accuracy'] < robust.summary['test_accuracy'] - 0.1
    )


def test_what_is_measured_is_measured_among_the_honest(lied):
    run = lied({'constant': {'value': 1e6}}, aggregation='median')
    assert {row[3] for row in run.metrics if row[4] == 'test_accuracy'} == {-1, 0, 1, 3, 4, 5, 6}
    honest = [peer for peer in range(7) if peer != LIAR]
    np.testing.assert_allclose(run.average, run.models[honest].mean(axis=0), atol=1e-6)
    assert run.summary['consensus'] < 1e3


@pytest.mark.parametrize('protocol', MIXING)
def test_without_liars_nothing_changes(lied, tools, protocol):
    plain = tools.gossip(tools.make('star', workers=7, rounds=6, rate=0.1), protocol)
    watched = lied(protocol=protocol)
    np.testing.assert_array_equal(plain.models, watched.models)
    assert plain.summary == watched.summary


@pytest.mark.parametrize('protocol', MIXING)
def test_every_protocol_that_mixes_takes_liars(lied, protocol):
    mix = {'self_centred_clipping': {'radius': 0.5}}
    run = lied({'sign_flip': {'factor': 3.0}}, protocol=protocol, aggregation=mix, rounds=10)
    assert run.summary['rounds'] == 10
    assert np.isfinite(run.average).all()


@pytest.mark.parametrize('name', ATTACKS)
def test_every_attack_can_be_carried_out(lied, name):
    if name == 'withhold':
        return  # the others would wait for ever
    attack = {'delay': {'by': '5 ms'}} if name == 'delay' else name
    run = lied(attack, aggregation={'trimmed_mean': {'f': 1}}, rounds=3)
    assert run.summary['rounds'] == 3
    assert np.isfinite(run.average).all()


def test_they_lie_in_their_window_only(lied):
    honest, later = lied(rounds=3), lied('sign_flip', rounds=3, window=Window(Moment(3)))
    np.testing.assert_array_equal(honest.models, later.models)


def test_knowledge_of_ones_own_is_less(lied):
    lie = {'scaled': {'factor': -3.0}}
    runs = [lied(lie, knowledge=each, start='own', rounds=2) for each in ('all', 'own')]
    assert not np.allclose(runs[0].average, runs[1].average)


def test_who_is_silent_is_done_without_after_the_timeout(lied):
    silent = lied('withhold', protocol={'dpsgd': {'timeout': '20 ms'}}, rounds=20)
    assert silent.summary['rounds'] == 20
    assert not (messages(silent).source == LIAR).any()


def test_who_delays_makes_its_neighbours_wait(lied):
    honest, late = lied(), lied({'delay': {'by': '30 ms'}})
    assert late.experiment.clock.now > honest.experiment.clock.now + 2 * 0.025
    rows = messages(late).query('kind == "model"')
    last = rows.groupby(['step', 'target']).delivered_ns.idxmax()
    others = rows.loc[last].query(f'target != {LIAR}')
    assert (others.source == LIAR).mean() > 0.6


def test_a_flood_counts_once_a_round(lied):
    lie = {'constant': {'value': 5.0}}
    once, often = (
        lied(lie, *more, rate=None, rounds=2, start='own') for more in ((), ({'flood': {}},))
    )
    np.testing.assert_allclose(once.average, often.average, atol=1e-6)
    assert (messages(often).kind == 'flood').sum() == 2 * 6 * 10


def test_who_rushes_computes_nothing(lied):
    run = lied('rush')
    busy = run.experiment.cluster.fabric.devices['busy']
    assert busy[LIAR] < busy[0] / 2


def test_peers_at_the_bottleneck_part_the_two_sides(lied):
    """A bridge of liars: what one side learns never reaches the other."""
    world = {'topology': 'dumbbell', 'workers': 8, 'ends': 'hosts', 'rate': None, 'rounds': 40}
    honest = lied(**world, start='own')
    cut = lied('zero', **world, liars=(3, 4), start='own')
    sides = [[0, 1, 2], [5, 6, 7]]

    def gap(run):
        return np.linalg.norm(np.subtract(*(run.models[side].mean(axis=0) for side in sides)))

    started = np.linalg.norm(np.subtract(*(honest.starts[side].mean(axis=0) for side in sides)))
    assert gap(honest) < 0.3 * started
    assert np.isfinite(cut.models).all()


def test_peers_that_crash_beside_a_liar(tools, lied):
    experiment = tools.make('star', workers=7, rounds=30, rate=0.3)
    tools.faulted(experiment, {'churn': {'devices': 5, 'at': '10 ms', 'until': '60 ms'}})
    party = [Liars('peers', (LIAR,), (ATTACKS.read({'gaussian': {'deviation': 20.0}}),))]
    experiment.adversary = Adversary(party, Seeds(7))
    protocol = {'dpsgd': {'timeout': '10 ms'}}
    run = tools.gossip(experiment, protocol, aggregation={'trimmed_mean': {'f': 1}})
    assert run.summary['rounds'] == 30
    honest = lied(rounds=30, rate=0.3)
    assert run.summary['test_accuracy'] > honest.summary['test_accuracy'] - 0.15


def test_roles_are_those_of_protocols_that_mix():
    for protocol in PROTOCOLS:
        choice = KINDS.read({'gossip': {'protocol': protocol}})
        roles = choice.beside('roles')(**choice.options)
        assert set(roles) == ({'peers'} if protocol in MIXING else set())
    packed = KINDS.read({'gossip': {'compression': ['int8']}})
    assert packed.beside('roles')(**packed.options) == {}
