"""What is read off a docstring and a signature, for `bosphorus list` and editors."""

from typing import Annotated, Literal, TypeVar

import pytest
from annotated_types import Ge, Lt

from simulator.catalogue import Catalogue, Choice, described, read_doc, typed
from simulator.units import BytesPerSecond, Count

RULES = Catalogue('rule', {'mean': lambda vectors: 0})
Value = TypeVar('Value', bound=float)


def clip(vectors, *, radius: Annotated[float, Ge(0)], tau: float = 1.0, inner_rule: str = 'x'):
    """Clip each vector
    to a `radius`.

    A longer story that is not shown.

    Parameters
    ----------
    vectors : array, shape (n, d)
        One gradient a worker.
    radius, tau : float
        Longest norm;
        see *tau*.

    Returns
    -------
    array, shape (d,)

    References
    ----------
    .. [1] Karimireddy et al., "Learning from History",
       ICML 2021.
    .. [2] Somebody.
    """


def test_reads_summary_parameters_and_references():
    doc = read_doc(clip)
    assert doc.summary == 'Clip each vector to a radius.'
    assert doc.parameters['radius'] == doc.parameters['tau'] == 'Longest norm; see tau.'
    assert doc.references == (
        'Karimireddy et al., "Learning from History", ICML 2021.',
        'Somebody.',
    )


def test_a_class_may_document_attributes():
    class Thing:
        """It.

        Attributes
        ----------
        size : int
            How large.
        """

    assert read_doc(Thing).parameters == {'size': 'How large.'}


@pytest.mark.parametrize('thing', [lambda: 0, object()])
def test_nothing_written_nothing_read(thing):
    assert not read_doc(thing).parameters


@pytest.mark.parametrize(
    ('annotation', 'words'),
    [
        (int, 'whole number'),
        (bool | None, 'true or false'),
        (Annotated[float, Ge(0), Lt(1)], 'number >= 0 and < 1'),
        (list[Literal['a', 'b']], 'list of a | b'),
        (BytesPerSecond, "rate such as '10 Gb/s'"),
        (Count | None, "count such as '25.6M'"),
        (Annotated[Choice, RULES], 'rule'),
        (Annotated[Value, Ge(0)], 'value >= 0'),
        (int | str, 'whole number or text'),
        (dict[str, int], 'mapping'),
    ],
)
def test_types_in_words(annotation, words):
    assert typed(annotation) == words


def test_everything_about_an_entry():
    entry = described(Catalogue('rule', {'clip': clip}), 'clip')
    assert entry['options'][0] == {
        'name': 'radius',
        'type': 'number >= 0',
        'required': True,
        'default': None,
        'description': 'Longest norm; see tau.',
    }
    assert entry['options'][1]['default'] == 1.0
    assert entry['source'] == 'built in'
