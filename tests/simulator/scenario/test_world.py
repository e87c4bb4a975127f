"""From the cluster section to graph, links and devices."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.scenario.world import devices_of, graph_of, network_of, nodes_named
from simulator.seeds import Seeds


@pytest.fixture
def world(runs):
    """Build the world of the small scenario with its cluster changed."""

    def build(text='', seed=7):
        [spec] = runs(sets=[f'cluster={{{text}}}'], seed=seed)
        cluster, seeds = spec.scenario.cluster, Seeds(seed)
        graph = graph_of(cluster, seeds)
        network = network_of(cluster, graph, seeds)
        return graph, network, devices_of(cluster, network.hosts, seeds)

    return build


def test_plain_values_are_everywhere(world):
    graph, network, devices = world(
        'link: {bandwidth: 8 Mb/s, loss: 0.1}, device: {speed: 5 flop/s}'
    )
    assert set(network.bandwidth) == {1e6}
    assert set(network.loss) == {0.1}
    assert devices.speed.tolist() == [5.0] * 5
    assert np.isinf(devices.reduce).all()
    assert graph.number_of_nodes() == 6


def test_laws_are_drawn_once_a_link_the_same_in_both_directions(world):
    text = 'link: {bandwidth: {uniform: {low: 1 Mb/s, high: 9 Mb/s}}}'
    _, network, _ = world(text)
    assert (network.bandwidth[::2] == network.bandwidth[1::2]).all()
    assert len(set(network.bandwidth)) == 5
    assert (network.bandwidth == world(text)[1].bandwidth).all()
    assert (network.bandwidth != world(text, seed=8)[1].bandwidth).all()


def test_overrides_of_links_and_devices(world):
    _, network, devices = world(
        'overrides: {links: {0-5: {bandwidth: 8 b/s}, 1>5: {latency: 1 s}, 2..3-5: {loss: 0.5}},'
        ' devices: {1..2: {speed: 7 flop/s}, 2: {speed: 9 flop/s, reduce: 8 b/s}}}'
    )
    links = {(s, t): k for k, (s, t) in enumerate(zip(network.source, network.target, strict=True))}
    assert network.bandwidth[links[0, 5]] == network.bandwidth[links[5, 0]] == 1.0
    assert network.latency[links[1, 5]] == 1.0
    assert network.latency[links[5, 1]] == pytest.approx(5e-5)
    assert network.loss[links[2, 5]] == network.loss[links[5, 3]] == 0.5
    assert devices.speed.tolist() == [1e12, 7.0, 9.0, 1e12, 1e12]
    assert devices.reduce[2] == 1.0


def test_kinds_by_value_law_and_override(world):
    assert world()[2].kinds == ()
    assert world('device: {kind: gpu}')[2].kinds == ('gpu',) * 5
    text = 'device: {kind: {choice: {values: [cpu, gpu], weights: [0.6, 0.4]}}}'
    drawn = [world(text, seed=seed)[2].kinds for seed in range(40)]
    assert drawn[7] == world(text, seed=7)[2].kinds
    share = np.mean([kind == 'cpu' for kinds in drawn for kind in kinds])
    assert share == pytest.approx(0.6, abs=0.1)
    some = 'overrides: {devices: {1..2: {kind: tpu}, 2: {kind: gpu}}}'
    assert world(some)[2].kinds == ('', 'tpu', 'gpu', '', '')


@pytest.mark.parametrize('name', ['', 'x', '5', '2..1', '0..5', '-1'])
def test_names_that_name_nothing(name):
    with pytest.raises(ScenarioError):
        nodes_named(name, 5)
