import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from simulator.catalogue import Catalogue, Shape, dotted, faults
from simulator.compression import (
    COMPRESSORS,
    Compression,
    CompressionError,
    Packet,
    Promises,
    composed,
    identity,
    problems,
    top_k,
)
from simulator.errors import BosphorusError


class Options(BaseModel):
    model_config = ConfigDict(strict=True)
    compression: Compression = []


def read(*choices):
    return [COMPRESSORS.read(each) for each in choices]


def told(*choices):
    """Return what a scenario's author reads."""
    with pytest.raises(ValidationError) as caught:
        Options.model_validate({'compression': list(choices)})
    return [f'{dotted(f.place)}: {f.message}' for f in faults(caught.value, Shape(Options))]


def test_none_is_identity():
    assert composed([]).size(10) == composed(read('identity')).size(10) == 40


def test_each_stage_acts_on_what_the_one_before_sends():
    vector = np.float32([0.1, 1 / 3, 9, -5])
    compressor = composed(read({'top_k': {'count': 3}}, 'float16', 'error_feedback'))
    packet, state = compressor.apply(vector, compressor.init(4), np.random.default_rng(0))
    assert packet.vector.tolist() == [0, np.float16(1 / 3), 9, -5]
    assert packet.bytes == 4 + 1 + 2 * 3  # header, bitmap, halves
    np.testing.assert_array_equal(state.residual, vector - packet.vector)


def test_promises_are_made_together():
    both = composed(read({'random_k': {'share': 0.5}}, {'qsgd': {'levels': 1, 'chunk': 4}}))
    assert both.promises.unbiased
    assert both.promises.error(100) == pytest.approx((1 + 1) * (1 + 2) - 1)
    cut = composed(read({'top_k': {'share': 0.25}}, {'qsgd': {'levels': 4, 'chunk': 4}}))
    assert not cut.promises.unbiased
    assert cut.promises.error(100) == pytest.approx(0.75 + 0.25 / 4)
    assert composed(read('sign', 'error_feedback')).promises == Promises(False, None, memory=True)


def test_costs_add_up():
    flops = composed(read({'top_k': {'share': 0.1}}, 'float16', 'error_feedback')).flops
    assert flops(1000) == top_k().flops(1000) + 100 + 2000


@pytest.mark.parametrize(
    ('choices', 'place', 'words'),
    [
        (['float16', 'top_k'], 1, 'top_k must stand before float16'),
        (['error_feedback', 'sign'], 1, 'sign must stand before error_feedback'),
        (['top_k', 'random_k'], 1, 'both choose what is sent; take one'),
        (['sign', 'int8'], 1, 'both say how numbers are written'),
        (['sign', 'error_feedback', 'error_feedback'], 2, 'both add what was left out'),
        (['error_feedback'], 0, 'has nothing before it'),
        (['dgc', 'error_feedback'], 1, 'dgc: it has a memory of its own'),
        (['random_k', 'error_feedback'], 1, 'give it scaled: false'),
        (['terngrad', 'error_feedback'], 1, 'take sign, int8 or qsgd'),
        (['qsgd', 'error_feedback'], 1, 'give it chunk: 49 or less, or 23 levels'),
        (
            ['top_k', {'int8': {'rounding': 'stochastic', 'chunk': 70000}}, 'error_feedback'],
            2,
            'give it chunk: 64516 or less',
        ),
    ],
)
def test_what_does_not_go_together_is_told_at_its_place(choices, place, words):
    assert any(f'compression[{place}]: ' in each and words in each for each in told(*choices))
    with pytest.raises(CompressionError, match=r'compression\['):
        composed(read(*choices))


def test_a_share_and_a_count_contradict_each_other():
    [text] = told({'top_k': {'share': 0.1, 'count': 3}})
    assert text == 'compression[0].top_k: takes share(=0.1) or count(=3), not both'


def test_a_misspelt_name_is_told_at_its_place():
    [text] = told('top_k', 'flaot16')
    assert text == "compression[1]: no compressor 'flaot16', did you mean 'float16'?"


def test_a_list_can_be_written_and_read_again():
    options = Options.model_validate({'compression': [{'top_k': {'share': 0.1}}, 'error_feedback']})
    plain = options.model_dump()
    assert plain == {'compression': [{'top_k': {'share': 0.1}}, 'error_feedback']}
    assert Options.model_validate(plain) == options
    assert Options().compression == []


def test_low_rank_needs_shapes():
    with pytest.raises(BosphorusError, match=r"low_rank: needs 'shapes'"):
        composed(read('low_rank'))


def test_entries_of_plug_ins_are_codes_unless_they_say_otherwise():
    def doubled():
        """Send everything twice."""

        def apply(vector, state, rng):
            return Packet(vector, 8 * len(vector)), state

        return identity()._replace(apply=apply, form=None)

    own = Catalogue('compressor', {'doubled': doubled})
    alone = composed([own.read('doubled')])
    assert alone.apply(np.ones(3, np.float32), (), None)[0].bytes == 24
    assert alone.size(3) is None
    assert list(problems([*read('top_k'), own.read('doubled')])) == []
    with pytest.raises(CompressionError, match='one that has a form'):
        composed([*read('top_k'), own.read('doubled')])
