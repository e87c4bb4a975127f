"""What the aggregation of peers promises the honest peer that is worst off."""

import pytest

from simulator.training import KINDS, Facts
from topologies import TOPOLOGIES


def promises(facts, **options):
    choice = KINDS.read({'gossip': options})
    return choice.beside('promises')(facts, **choice.options)


def facts(workers=6, lying=(0, 2), topology=None):
    graph = TOPOLOGIES[topology](workers=workers) if topology else None
    return Facts(workers, liars=len(lying), liars_at=tuple(lying), graph=graph)


@pytest.mark.parametrize('aggregation', ['weighted', {'self_centred_clipping': {'radius': 1.0}}])
def test_what_follows_no_rule_promises_nothing(aggregation):
    assert promises(facts(), aggregation=aggregation) == {}


def test_where_all_are_neighbours_all_liars_meet():
    found = promises(facts(), aggregation={'trimmed_mean': {'f': 2}})
    assert (found['n'], found['liars'], found['f'], found['tolerance']) == (6, 2, 2, 2)
    assert found['rule'] == {'trimmed_mean': {'f': 2}}


@pytest.mark.parametrize(('lying', 'most'), [((0, 2), 2), ((0, 3), 1), ((0, 1), 1), ((), 0)])
def test_on_a_ring_it_matters_where_they_stand(lying, most):
    found = promises(facts(lying=lying, topology='ring'), aggregation='median')
    assert (found['n'], found['tolerance'], found['liars']) == (3, 1, most)


def test_an_overlay_drawn_anew_may_bring_all_liars_together():
    options = {'aggregation': 'median', 'overlay': 'ring', 'redraw_every': 1}
    assert promises(facts(lying=(0, 3)), **options)['liars'] == 2


def test_a_rule_inside_is_told():
    aggregation = {'by_rule': {'rule': {'krum': {'f': 1}}}}
    found = promises(facts(lying=(4,)), aggregation=aggregation)
    assert (found['f'], found['tolerance'], found['liars']) == (1, 1, 1)
    assert found['rule'] == aggregation
