"""What a server has got: a pile that is used up, or a buffer of the latest."""

from simulator.training.collecting import Buffer, Pile
from simulator.training.pushes import Pushed


def pushed(worker, version=0):
    return Pushed(worker, [version], None, None, 32)


def taken(collected, version):
    batch = collected.take(0, version)
    return [(each.worker, each.versions[0]) for each in batch.vectors], len(batch.new)


def test_a_pile_is_ready_when_it_holds_enough_and_then_gone():
    pile = Pile(2)
    pile.add(pushed(3))
    assert not pile.ready(0, 0, overdue=False)
    pile.add(pushed(1))
    assert pile.ready(0, 0, overdue=False)
    assert taken(pile, 0) == ([(1, 0), (3, 0)], 2)
    assert not pile.ready(0, 0, overdue=True)


def test_a_pile_that_is_overdue_waits_for_what_its_rule_needs():
    pile = Pile(9, least=2)
    pile.add(pushed(0))
    assert not pile.ready(0, 0, overdue=True)
    pile.add(pushed(1))
    assert pile.ready(0, 0, overdue=True)
    assert not pile.ready(0, 0, overdue=False)


def test_who_begins_anew_is_taken_out():
    for collected in (Pile(2), Buffer(2)):
        collected.add(pushed(0))
        collected.add(pushed(1))
        collected.drop(0)
        assert not collected.ready(0, 0, overdue=False)


def test_a_worker_counts_once_in_a_buffer():
    buffer = Buffer(2)
    for version in range(3):
        buffer.add(pushed(0, version))
    assert not buffer.ready(0, 3, overdue=True)
    buffer.add(pushed(1, 1))
    assert taken(buffer, 3) == ([(0, 2), (1, 1)], 4)


def test_each_arrival_makes_an_update_of_the_latest_of_all():
    buffer = Buffer(2)
    buffer.add(pushed(0))
    buffer.add(pushed(1))
    buffer.take(0, 0)
    assert not buffer.ready(0, 1, overdue=True)
    buffer.add(pushed(1, 1))
    assert taken(buffer, 1) == ([(0, 0), (1, 1)], 1)


def test_what_is_too_old_does_not_count():
    buffer = Buffer(2, oldest=3)
    buffer.add(pushed(0, 0))
    buffer.add(pushed(1, 4))
    assert buffer.ready(0, 3, overdue=False)
    assert not buffer.ready(0, 4, overdue=False)
    buffer.add(pushed(2, 4))
    assert taken(buffer, 4) == ([(1, 4), (2, 4)], 3)
