"""Cities: known distances, latencies, and who stands where."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import TopologyError
from topologies import TOPOLOGIES
from topologies.cities import CITIES
from topologies.geographic import LIGHT_IN_FIBRE, great_circle

wide_area = TOPOLOGIES['wide_area']


@pytest.mark.parametrize(
    ('one', 'two', 'kilometres'),
    [
        ('London', 'New York', 5570),
        ('Tokyo', 'San Francisco', 8270),
        ('London', 'Sydney', 16990),
        ('Paris', 'Frankfurt', 480),
        ('Singapore', 'Hong Kong', 2585),
        ('Sao Paulo', 'Johannesburg', 7440),
        ('Istanbul', 'Cairo', 1230),
    ],
)
def test_distances_are_those_of_the_atlas(one, two, kilometres):
    assert great_circle(CITIES[one], CITIES[two]) == pytest.approx(kilometres * 1e3, rel=0.015)


@given(*[st.tuples(st.floats(-90, 90), st.floats(-180, 180))] * 3)
@settings(max_examples=50, deadline=None)
def test_distance_is_a_metric(a, b, c):
    assert great_circle(a, b) == pytest.approx(great_circle(b, a))
    assert great_circle(a, c) <= great_circle(a, b) + great_circle(b, c) + 1e-3
    assert great_circle(a, b) <= 20_016_000


def test_latency_is_distance_at_the_speed_of_light_in_fibre():
    graph = wide_area(workers=2, cities=['London', 'New York'], route_factor=1.0)
    metres = great_circle(CITIES['London'], CITIES['New York'])
    assert graph.edges[2, 3] == {'latency': metres / LIGHT_IN_FIBRE}
    assert wide_area(workers=2, cities=['London', 'New York'], route_factor=2.0).edges[2, 3][
        'latency'
    ] == pytest.approx(2 * metres / LIGHT_IN_FIBRE)


@given(st.integers(1, 60), st.integers(1, 10))
@settings(max_examples=30, deadline=None)
def test_workers_are_dealt_out_evenly_in_runs(workers, cities):
    names = list(CITIES)[: min(cities, workers)]
    graph = wide_area(workers=workers, servers=1, cities=names)
    groups = [graph.nodes[worker]['group'] for worker in range(workers)]
    counts = [groups.count(group) for group in range(len(names))]
    assert max(counts) - min(counts) <= 1
    assert all(a <= b for a, b in pairwise(groups))


def test_servers_stand_in_one_city():
    first = wide_area(workers=3, servers=2)
    assert {first.nodes[server]['city'] for server in (3, 4)} == {'Istanbul'}
    away = wide_area(workers=2, servers=1, cities=['Paris', 'London'], server_city='Zurich')
    assert away.nodes[2]['city'] == 'Zurich'
    assert len(away) == 3 + 3
    among = wide_area(workers=2, servers=1, cities=['Paris', 'London'], server_city='London')
    assert among.nodes[2]['group'] == 1


def test_by_default_there_is_a_city_for_each_worker_while_there_are_any():
    assert len(wide_area(workers=5)) == 10
    assert len(wide_area(workers=100)) == 100 + len(CITIES)


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'cities': ['Pariss']}, "no city 'Pariss', did you mean 'Paris'"),
        ({'cities': ['Paris', 'Paris']}, 'names one twice'),
        ({'cities': []}, r'must be 1\.\.3'),
        ({'cities': list(CITIES)[:4]}, r'must be 1\.\.3, one a worker at most; there are 4'),
        ({'server_city': 'Paris'}, 'there are no servers'),
        ({'servers': 1, 'server_city': 'Atlantis'}, "no city 'Atlantis'"),
    ],
)
def test_cities_that_make_no_sense_are_refused(options, said):
    with pytest.raises(TopologyError, match=said):
        wide_area(workers=3, **options)
