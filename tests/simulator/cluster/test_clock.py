"""The two engines keep one time: nothing happens early, nothing is forgotten."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cluster.clock import Clock
from simulator.cluster.fabric import Fabric
from simulator.cluster.network import Network


def make_clock(**options):
    graph = nx.complete_graph(4)
    network = Network.of(graph, hosts=4, bandwidth=100.0, latency=1.0)
    return Clock(Fabric(network, **options))


def send(clock, source, target, size):
    return clock.completion(clock.fabric.send(clock.now, source, target, size, watch=True))


def test_a_message_and_a_timeout_share_the_clock():
    clock, log = make_clock(), []

    def sender():
        yield send(clock, 0, 1, 200.0)
        log.append(('delivered', clock.now))

    def sleeper():
        for _ in range(4):
            yield clock.timeout(1.0)
            log.append(('tick', clock.now))

    clock.process(sleeper())
    clock.process(sender())
    clock.run()
    assert log == [('tick', 1.0), ('tick', 2.0), ('delivered', 3.0), ('tick', 3.0), ('tick', 4.0)]


def test_deliveries_of_one_instant_come_in_task_order():
    clock, log = make_clock(), []

    def receiver(name, event):
        yield event
        log.append(name)

    events = [send(clock, 0, 1, 100.0), send(clock, 2, 3, 100.0), send(clock, 1, 2, 100.0)]
    for name in (2, 0, 1):
        clock.process(receiver(name, events[name]))
    clock.run()
    assert log == [0, 1, 2]


def test_a_message_to_itself_arrives_at_once():
    clock = make_clock()
    clock.run(send(clock, 2, 2, 1e9))
    assert clock.now == 0.0


def test_messages_sent_in_answer_arrive_at_their_own_time():
    clock, log = make_clock(), []

    def ping_pong():
        for _ in range(3):
            yield send(clock, 0, 1, 100.0)
            yield send(clock, 1, 0, 100.0)
            log.append(clock.now)

    clock.process(ping_pong())
    clock.run()
    assert log == [4.0, 8.0, 12.0]


def test_running_to_a_time_leaves_later_events_in_place():
    clock = make_clock()
    event = send(clock, 0, 1, 200.0)
    clock.run(until=2.5)
    assert (clock.now, event.triggered) == (2.5, False)
    clock.run(event)
    assert clock.now == 3.0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.0, 10.0), st.integers(0, 3), st.integers(0, 3), st.floats(0.0, 1e3)),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(['fair', 'fifo', 'none']),
)
def test_processes_see_time_go_forward_only(messages, sharing):
    clock, log = make_clock(sharing=sharing), []

    def sender(start, source, target, size):
        yield clock.timeout(start)
        begun = clock.now
        yield send(clock, source, target, size)
        log.append(clock.now)
        least = 0.0 if source == target else 1.0 + size / 100.0
        assert clock.now - begun >= least - 1e-9

    for message in messages:
        clock.process(sender(*message))
    clock.run()
    assert len(log) == len(messages)
    assert log == sorted(log)


def test_an_empty_world_has_nothing_to_wait_for():
    clock = make_clock()
    with pytest.raises(RuntimeError, match='was not triggered'):
        clock.run(clock.event())
