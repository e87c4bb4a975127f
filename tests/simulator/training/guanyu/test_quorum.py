"""Quorums: the first ones count, once each, whatever else comes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.training.guanyu.quorum import Desk, Goal, Letter

letters = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5)), max_size=40)


def desk_with(found, forget=0):
    desk = Desk(lambda: None, list)
    desk.forget_before(forget)
    for place, (step, source) in enumerate(found):
        desk.keep(Letter('model', step, source, place))
    return desk


@settings(max_examples=30)
@given(letters, st.integers(1, 4), st.integers(1, 6))
def test_a_quorum_is_the_first_letter_of_each_of_the_first_senders(found, step, count):
    first = {}
    for place, (when, source) in enumerate(found):
        if when == step:
            first.setdefault(source, place)
    quorum = desk_with(found).reached(Goal('model', step, count))
    if len(first) < count:
        assert quorum is None
    else:
        assert [each.content for each in quorum.letters] == list(first.values())[:count]


@settings(max_examples=30)
@given(letters, st.integers(1, 4), st.integers(1, 6))
def test_later_steps_count_where_asked_for_the_latest_first(found, step, count):
    reached = [
        when
        for when in range(step, 5)
        if len({source for each, source in found if each == when}) >= count
    ]
    quorum = desk_with(found).reached(Goal('model', step, count, later=True))
    assert (quorum.step if quorum else None) == max(reached, default=None)


@settings(max_examples=30)
@given(letters, st.integers(1, 5))
def test_what_is_over_is_not_kept(found, now):
    before = desk_with(found, forget=now)
    after = desk_with(found)
    after.forget_before(now)
    for step in range(1, 5):
        goal = Goal('model', step, 1)
        assert before.reached(goal) == after.reached(goal)
        assert before.reached(goal) is None or step >= now


def test_a_flood_counts_once():
    desk = desk_with([(1, 3)] * 1000 + [(1, 4)])
    assert desk.reached(Goal('model', 1, 3)) is None
    assert [each.source for each in desk.reached(Goal('model', 1, 2)).letters] == [3, 4]
