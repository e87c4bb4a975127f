"""Links that serve one message at a time: small traces by hand."""

import networkx as nx
import numpy as np
import pytest

from simulator.cluster.fabric import Fabric
from simulator.cluster.network import Network


@pytest.fixture
def line():
    """Devices 0-1-2, 10 B/s and 1 s a link; links 0 and 2 lead from 0 over 1 to 2."""
    return Network.of(nx.path_graph(3), hosts=3, bandwidth=10.0, latency=1.0)


@pytest.fixture
def make(line):
    return lambda **options: Fabric(line, sharing='fifo', **options)


def send(fabric, time, source, target, size, **options):
    assert not fabric.advance(time)
    return fabric.send(time, source, target, size, watch=True, **options)


def run(fabric):
    ends = {}
    while woken := fabric.advance(np.inf):
        ends.update((what.id, fabric.now) for what in woken)
    return ends


def test_the_second_waits_for_the_first_ones_bytes_not_for_its_flight(make):
    fabric = make()
    for _ in range(2):
        send(fabric, 0.0, 0, 1, 20.0)
    assert run(fabric) == {0: 3.0, 1: 5.0}


def test_a_message_is_cut_through(make):
    """The head goes on after each latency: bytes are paid for once, not once a link."""
    fabric = make()
    send(fabric, 0.0, 0, 2, 20.0)
    assert run(fabric) == {0: 4.0}


def test_a_tail_can_not_leave_before_it_has_come():
    graph = nx.path_graph(3)
    graph.edges[1, 2]['bandwidth'] = 1000.0
    network = Network.of(graph, hosts=3, bandwidth=10.0, latency=1.0)
    fabric = Fabric(network, sharing='fifo')
    send(fabric, 0.0, 0, 2, 20.0)  # leaves link 0 at 2, link 2 at 3, though it is fast
    send(fabric, 1.5, 1, 2, 1000.0)  # link 2 is taken from 1 to 3
    assert run(fabric) == {0: 4.0, 1: 5.0}


def test_order_of_arrival_at_each_link_decides(make):
    fabric = make()
    send(fabric, 0.0, 0, 2, 20.0)  # its head is at node 1 at 1 s
    send(fabric, 0.5, 1, 2, 10.0)  # before
    assert run(fabric) == {1: 2.5, 0: 4.5}


def test_ties_go_to_the_lower_task():
    """Two heads reach the switch together: the link to device 0 serves the lower task first."""
    star = Network.of(nx.star_graph([3, 0, 1, 2]), hosts=3, bandwidth=10.0, latency=1.0)
    for first, second in ((1, 2), (2, 1)):
        fabric = Fabric(star, sharing='fifo')
        send(fabric, 0.0, first, 0, 20.0)
        send(fabric, 0.0, second, 0, 10.0)
        assert run(fabric) == {0: 4.0, 1: 5.0}


def test_a_changed_bandwidth_acts_on_services_that_start_later(make):
    fabric = make()
    for _ in range(3):
        send(fabric, 0.0, 0, 1, 20.0)
    fabric.advance(1.0)
    fabric.set_bandwidth(1.0, 0, 5.0)
    # the first is being served until 2 s; the others take 4 s each
    assert run(fabric) == {0: 3.0, 1: 7.0, 2: 11.0}


def test_who_waits_keeps_its_place_when_the_bandwidth_changes(make):
    """Also who has nothing to send, and so starts at the same time as the next."""
    fabric = make()
    send(fabric, 0.0, 0, 1, 20.0)
    fabric.send(0.0, 0, 0, 1.0)  # takes a slot, and gives it back to the next
    send(fabric, 0.1, 0, 1, 40.0)
    send(fabric, 0.2, 0, 1, 0.0)
    send(fabric, 0.3, 0, 1, 10.0)
    fabric.advance(0.5)
    fabric.set_bandwidth(0.5, 0, 20.0)
    assert run(fabric) == {0: 3.0, 2: 5.0, 3: 5.0, 4: 5.5}


def test_a_link_that_fails_loses_what_is_on_it_and_serves_the_rest_anew(make):
    fabric = make(resend=10.0)
    send(fabric, 0.0, 0, 1, 20.0)  # leaves at 2, arrives at 3
    send(fabric, 0.0, 0, 1, 20.0, reliable=False)  # leaves at 4, arrives at 5
    assert fabric.advance(3.5) == [('done', 0)]
    fabric.fail(3.5, 0)
    fabric.restore(0)
    assert fabric.advance(3.5) == [('lost', 1)]
    send(fabric, 3.5, 0, 1, 20.0)
    assert run(fabric) == {2: 6.5}
    assert fabric.totals == {'messages': 3, 'lost': 1, 'bytes': 40.0}


def test_what_has_left_a_link_is_not_lost_with_it(make):
    fabric = make(resend=10.0)
    send(fabric, 0.0, 0, 2, 20.0)  # its last byte is off link 0 at 3 s
    fabric.advance(3.0)
    fabric.fail(3.0, 0)
    assert run(fabric) == {0: 4.0}
    assert fabric.totals['lost'] == 0
