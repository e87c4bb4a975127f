"""Orders of passes, cuts of models: every pass once, none too early, few activations kept."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import PlacementError
from simulator.learning.models import Part
from simulator.training.pipeline.schedules import SCHEDULES, Pass, bubble_share, held
from simulator.training.pipeline.stages import cuts, stages_of

counts = st.integers(1, 9)


@pytest.mark.parametrize('name', SCHEDULES)
@given(stages=counts, micro_batches=counts, data=st.data())
@settings(max_examples=30)
def test_every_pass_is_taken_once_forward_before_backward(name, stages, micro_batches, data):
    stage = data.draw(st.integers(0, stages - 1))
    order = SCHEDULES[name](stage, stages, micro_batches)
    kinds = ('forward', 'backward')
    assert sorted(order) == sorted(Pass(kind, k) for kind in kinds for k in range(micro_batches))
    for k in range(micro_batches):
        assert order.index(Pass('forward', k)) < order.index(Pass('backward', k))


@given(stages=counts, micro_batches=counts, data=st.data())
@settings(max_examples=30)
def test_one_by_one_keeps_no_more_than_the_stages_that_follow(stages, micro_batches, data):
    stage = data.draw(st.integers(0, stages - 1))
    kept = [held(build(stage, stages, micro_batches)) for build in SCHEDULES.values()]
    assert kept == [micro_batches, min(micro_batches, stages - stage)]


def test_the_bubble():
    assert bubble_share(1, 5) == 0.0
    assert bubble_share(4, 1) == 0.75


@given(flops=st.lists(st.integers(0, 9), min_size=1, max_size=7), data=st.data())
@settings(max_examples=50)
def test_no_other_cut_has_a_quicker_slowest_stage(flops, data):
    stages = data.draw(st.integers(1, len(flops)))

    def slowest(begins):
        ends = [*begins[1:], len(flops)]
        assert all(begin < end for begin, end in zip(begins, ends, strict=True))
        return max(sum(flops[begin:end]) for begin, end in zip(begins, ends, strict=True))

    others = [[0, *rest] for rest in combinations(range(1, len(flops)), stages - 1)]
    assert slowest(cuts(flops, stages)) == min(map(slowest, others))


def layers(*flops):
    return [Part(f'{k}-dense', slice(k, k + 1), {}, each, (k + 1,)) for k, each in enumerate(flops)]


def test_stages_tell_what_they_hold_send_and_keep():
    first, second = stages_of(layers(1, 1, 5), 10, 2)
    assert (first.place, first.parameters, first.flops) == (slice(0, 2), 2, 2)
    assert (first.outputs, first.kept) == (2, 10 + 1)
    assert (second.place, second.outputs, second.kept) == (slice(2, 3), 3, 2)
    assert [each.parameters for each in stages_of(layers(1, 1, 5), 10, 2, [1, 2])] == [1, 2]


def test_what_can_not_be_cut():
    with pytest.raises(PlacementError, match=r'stages\(=3\) must be at most 2'):
        stages_of(layers(1, 1), 1, 3)
    with pytest.raises(PlacementError, match="layer 'torch' does not say the shape"):
        stages_of([Part('torch', slice(0, 1), {}, 1.0)], 1, 1)
