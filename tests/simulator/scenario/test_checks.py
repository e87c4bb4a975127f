"""What the sections must be together."""

import pytest

from simulator.scenario.known import facts_of, predicted

STUDY = """\
name: study
cluster:
  topology: {star: {workers: 8}}
  link: {bandwidth: 10 Gb/s, latency: 50 us}
training: {collective: {algorithm: ring, bytes: 100 MB}}
"""


def test_what_is_right_passes(runs):
    assert len(runs()) == 1


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('stop: {rounds: 3}\n', '', 'x.yaml:2:1: error: stop: is missing; give rounds, epochs'),
        ('stop: {rounds: 3}', 'stop: {}', 'x.yaml:4:1: error: stop: is missing; give rounds'),
        (
            'servers: 1',
            'servers: 0',
            'x.yaml:11:12: error: training.parameter_server: needs a server',
        ),
        (
            '{aggregation: mean}',
            '{shards: 651}',
            'x.yaml:11:12: error: training.parameter_server: shards(=651) must be at most 650',
        ),
        ('workers: 4', 'workers: 0', 'x.yaml:6:30: error: cluster.topology.star.workers: must be'),
        ('workers: 4', 'workers: 9000000', 'cluster.topology.star.workers: must be at most'),
        (
            'star: {workers: 4, servers: 1}',
            'fat_tree: {workers: 4, servers: 1, ports: 3}',
            'x.yaml:6:14: error: cluster.topology.fat_tree: ',
        ),
        (
            'workers: 4, servers: 1}}\nlearning:\n',
            'workers: 12, servers: 1}}\nlearning:\n  partition: {dirichlet: {alpha: 0.0001}}\n',
            'x.yaml:8:15: error: learning.partition.dirichlet: with alpha(=0.0001)',
        ),
        ('workers: 4', 'workers: 2000', 'x.yaml:7:1: error: learning.partition.iid: '),
        (
            'learning:\n',
            '  stragglers: {slow_nodes: {factor: 2.0, count: 6}}\nlearning:\n',
            'x.yaml:7:16: error: cluster.stragglers.slow_nodes: count(=6) must be at most 5',
        ),
        (
            'learning:\n',
            '  stragglers: {slow_nodes: {factor: 2.0}}\nlearning:\n',
            'x.yaml:7:16: error: cluster.stragglers.slow_nodes: takes either nodes or count',
        ),
    ],
)
def test_what_does_not_fit(small, wrong, old, new, message):
    assert any(message in line for line in wrong(small.replace(old, new)))


def test_every_override_is_told_of(small, wrong):
    overrides = '{links: {0-1: {}, 4-*: {}, x: {}}, devices: {7: {}, 3..2: {}, "*": {}}}'
    found = wrong(small.replace('learning:\n', f'  overrides: {overrides}\nlearning:\n'))
    assert [
        line.partition(' error: cluster.overrides.')[2].partition(':')[0] for line in found
    ] == [
        'links.0-1',
        'links.x',
        'devices.7',
        'devices.3..2',
    ]


def test_a_kind_that_trains_needs_learning(small, wrong):
    text = small[: small.index('learning:')] + 'training: parameter_server\n'
    [line] = wrong(text)
    assert line == 'x.yaml:2:1: error: learning: is missing; parameter_server trains a model'


def test_a_study_refuses_what_it_would_not_use(wrong):
    text = STUDY + 'stop: {rounds: 3, time: 1 s}\nevaluate: {every: 1 epoch}\n'
    assert wrong(text) == [
        'x.yaml:6:8: error: stop.rounds: is never reached by collective; stop by time',
        'x.yaml:7:1: error: evaluate: is not used by collective, which learns nothing; remove it',
    ]


def test_a_resolved_study_is_a_study_still():
    from simulator.scenario import load_text

    [spec] = load_text(STUDY)
    assert load_text(spec.yaml)[0].resolved == spec.resolved


def test_the_closed_form_of_a_ring():
    """facts.md: m = 8, 100 MB, 10 Gb/s, 50 us a link."""
    from simulator.scenario import load_text

    [spec] = load_text(STUDY)
    figures = predicted(spec.scenario)
    assert figures['collective_seconds'] == pytest.approx(0.1414, rel=1e-9)
    assert figures['bytes'] == pytest.approx(1.4e9)


def test_facts_are_those_of_the_cluster_and_the_model(runs):
    more = 'vary: {learning.stands_for: [{parameters: 65k, flops: 1 Mflop}]}'
    facts = facts_of(runs(more)[0].scenario)
    assert (facts.workers, facts.servers, facts.parameters, facts.rounds) == (4, 1, 650, 3)
    assert facts.latency == pytest.approx(1e-4)
    assert facts.scale.bytes == 100
    assert facts.scale.flops > 1


def test_epochs_tell_rounds_too(runs):
    """1442 samples in batches of 4 x 32."""
    assert facts_of(runs(sets=['stop={epochs: 2}', 'stop.rounds='])[0].scenario).rounds == 23
