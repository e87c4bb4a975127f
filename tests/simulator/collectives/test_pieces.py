"""Schedules in pieces: the same rows, and in the fabric the same times."""

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cluster.cluster import Cluster, Devices, Wires
from simulator.cluster.network import Network
from simulator.collectives import COLLECTIVES, Ranks, Streamed, chunk_sizes, in_pieces, ring
from simulator.collectives.timed import Group
from simulator.recording import Recorder
from simulator.recording.options import NOTHING
from topologies import TOPOLOGIES

few = settings(max_examples=40, deadline=None)


@pytest.fixture
def piece(monkeypatch):
    def of(rows):
        monkeypatch.setattr('simulator.collectives.pieces.PIECE', rows)

    return of


@pytest.mark.parametrize('name', COLLECTIVES)
@pytest.mark.parametrize('ranks', [1, 2, 5, 8])
def test_pieces_together_are_the_schedule(piece, name, ranks):
    piece(7)
    whole = COLLECTIVES[name](Ranks(ranks))
    streamed = Streamed.of(COLLECTIVES[name], Ranks(ranks))
    parts = list(in_pieces(streamed))
    assert len(streamed) == len(whole) == sum(len(part[0]) for part in parts)
    for column, joined in zip(*in_pieces(whole), zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(joined), column)
        assert np.concatenate(joined).dtype == column.dtype


def played(schedule, graph, folder, sharing, late, reduce=math.inf):
    """Let ranks enter two calls one after another, late ones late; return all times of leaving."""
    hosts = schedule.ranks
    network = Network.of(graph, hosts=hosts, bandwidth=1e6, latency=1e-3)
    ones = np.ones(hosts)
    with Recorder(folder, NOTHING) as recorder:
        cluster = Cluster(
            graph, network, Devices(ones, reduce * ones, ones), recorder, wires=Wires(sharing)
        )
        group = Group(cluster, list(range(hosts)), schedule, name='test')
        left = []

        def rank(number):
            for call in range(2):
                yield cluster.clock.timeout(late[number] * (call + 1))
                _, leaving = group.enter(number, chunk_sizes(1e4, schedule.chunks))
                yield leaving
                left.append((call, number, cluster.clock.now))

        cluster.clock.run(
            cluster.clock.all_of([cluster.clock.process(rank(n)) for n in range(hosts)])
        )
        return sorted(left), cluster.fabric


@given(
    st.sampled_from(sorted(COLLECTIVES)),
    st.integers(1, 9),
    st.sampled_from(['fair', 'fifo', 'none']),
    st.integers(1, 40),
    st.data(),
)
@few
def test_a_streamed_schedule_takes_the_times_of_the_whole(
    tmp_path_factory, name, m, sharing, n, data
):
    late = data.draw(st.lists(st.sampled_from([0.0, 1e-3, 0.05, 0.3]), min_size=m, max_size=m))
    builder, graph = COLLECTIVES[name], TOPOLOGIES['star'](workers=m)
    graph = graph if m > 1 else nx.empty_graph(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('simulator.collectives.pieces.PIECE', n)
        sides = [
            played(schedule, graph, tmp_path_factory.mktemp('run'), sharing, late, reduce=1e7)
            for schedule in (builder(Ranks(m)), Streamed.of(builder, Ranks(m)))
        ]
    (whole, _), (streamed, _) = sides
    assert [row[:2] for row in whole] == [row[:2] for row in streamed]
    np.testing.assert_allclose([r[2] for r in streamed], [r[2] for r in whole], rtol=1e-9)


def test_memory_is_bounded_by_the_piece_not_by_the_schedule(piece, tmp_path):
    piece(500)
    schedule, graph = Streamed.of(ring, Ranks(64)), TOPOLOGIES['star'](workers=64)
    _, fabric = played(schedule, graph, tmp_path / 'a', 'fair', np.zeros(64))
    assert len(schedule) == 8064
    assert len(fabric._store.arrays['tasks']) <= 2048
