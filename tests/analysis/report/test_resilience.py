"""What is said of rules at fixed parameters follows from distances, bounds and dimensions."""

from __future__ import annotations

import pytest

from analysis.load import load
from analysis.report.resilience import (
    resilience_blocks,
    resilience_evidence,
    resilience_headlines,
)
from analysis.report.study import Study
from analysis.report.tables import summary


@pytest.fixture
def of_runs(tmp_path):
    return lambda: Study.of(load(tmp_path))


@pytest.fixture
def grid(make_resilience, of_runs):
    """Krum strays 0.2 and 0.6, the mean 0.4 and 3.0, of a gradient of length 2."""
    for rule, constant, distances in (('mean', None, (0.4, 3.0)), ('krum', 4.0, (0.2, 0.6))):
        for attack, distance in zip(('zero', 'scaled'), distances, strict=True):
            make_resilience(rule, attack, distance, constant=constant)
    return of_runs()


def told(sentences):
    return ' '.join(sentence.striptags() for sentence in sentences)


def test_rules_are_compared_by_their_worst_case(grid):
    assert told(resilience_headlines(grid)) == (
        'Over 2 attacks, the mean result of krum stays nearest to the full gradient g: in the '
        'worst case 0.3 |g| away (scaled). That of mean strays furthest: 1.5 |g| (scaled).'
    )


def test_a_condition_that_does_not_hold_is_told_with_what_it_would_take(grid):
    # c = 4, deviation 1 and |g| = 2: variances have to be 4 times as small
    said = told(resilience_evidence(grid))
    assert 'holds for no rule, so nothing is promised here' in said
    assert 'larger by so much: krum (4 times)' in said
    assert 'No measured distance exceeds its published bound' in said
    assert 'with 15%' in said


def test_a_condition_that_holds_is_told(make_resilience, of_runs):
    make_resilience('brute', 'zero', 0.1, constant=0.5)
    assert 'holds for brute: what they promise is sure' in told(resilience_evidence(of_runs()))


def test_a_distance_beyond_its_bound_asks_for_an_explanation(make_resilience, of_runs):
    make_resilience('brute', 'zero', 0.8, constant=0.5)
    assert 'strays 1.6 times as far as is published of it' in told(resilience_evidence(of_runs()))


def test_the_heat_map_has_the_best_rule_on_top_and_the_worst_case_at_the_right(grid):
    (block,) = resilience_blocks(grid)
    picture = str(block.panels[0].picture)
    assert picture.index('>krum<') < picture.index('>mean<')
    assert 'worst case' in picture
    assert [panel.title for panel in block.panels][1] == 'angle to g, degrees'


def test_leeway_is_told_by_its_power_of_the_dimension(make_resilience, of_runs):
    for d in (10, 100, 1000):
        make_resilience('krum', 'one', 1.0, d=d, leeway=2 * d**0.5)
        make_resilience('bulyan', 'one', 1.0, d=d, leeway=0.5)
    found = of_runs()
    said = told(resilience_headlines(found))
    assert 'From 10 to 1,000 parameters d' in said
    assert 'krum, one as d^+0.50 (from 6.3 σ to 63 σ)' in said
    assert 'bulyan, one as d^+0.00 (from 0.5 σ to 0.5 σ)' in said
    assert 'condition' not in told(resilience_evidence(found))
    assert [block.key for block in resilience_blocks(found)] == ['leeway']


def test_the_table_tells_rules_and_not_time(grid):
    head = summary(grid).head
    assert head[1:4] == ['|E[F] − g| / |g|', 'bound / |g|', 'angle, degrees']
    assert not {'final accuracy', 'simulated time', 'bytes sent'} & {*head}


def test_without_such_studies_nothing_is_said(make_byzantine, of_runs):
    make_byzantine()
    found = of_runs()
    assert not resilience_headlines(found)
    assert not resilience_evidence(found)
    assert not resilience_blocks(found)
