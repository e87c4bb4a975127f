"""Who was in whose quorum, and how far a lie has spread, on worlds worked out by hand."""

import numpy as np
import pytest

from analysis.figures.byzantine import cells_size, lie_picture, quorum_picture
from analysis.figures.style import panel, styled
from analysis.load import read_run
from analysis.metrics.quorums import lie_spread, membership
from tests.analysis.conftest import write_run


@pytest.fixture
def made(tmp_path):
    """Two workers 0, 1 and two servers 2, 3, of which 3 lies; two steps."""
    rows = [
        # step, node, kind, source
        *((step, 0, 'model', source) for step in (1, 2) for source in (2, 3)),
        (1, 1, 'model', 3),
        (2, 1, 'model', 2),
        (1, 2, 'gradient', 0),
        (2, 2, 'gradient', 1),
        (1, 2, 'exchange', 2),
        (2, 2, 'exchange', 2),
        (2, 2, 'exchange', 3),
    ]
    step, node, kind, source = zip(*rows, strict=True)
    lies = [int(each == 3) for each in source]
    quorums = {
        'time_ns': range(len(rows)),
        'step': step,
        'node': node,
        'kind': kind,
        'source': source,
        'byzantine': lies,
    }
    errors = {0: (0.0, 0.5), 3: (0.0, 0.0)}
    told = [(rank, piece, e) for rank, row in errors.items() for piece, e in enumerate(row)]
    metrics = {
        'time_ns': [0] * len(told),
        'step': [1] * len(told),
        'epoch': [0.0] * len(told),
        'device': [rank for rank, _, _ in told],
        'metric': [f'error of piece {piece}' for _, piece, _ in told],
        'value': [e for *_, e in told],
    }
    folder = write_run(
        tmp_path / 'abc',
        summary={'byzantine': {'ranks': [3]}, 'lie_spread': 0.5},
        tables={'quorums': quorums, 'metrics': metrics},
    )
    return read_run(folder)


def test_shares_are_of_the_receivers_own_quorums(made):
    found = membership(made)
    assert found.nodes == [0, 1, 2, 3]
    shares = found.shares
    np.testing.assert_array_equal(shares[0, 2:], [1.0, 1.0])
    np.testing.assert_array_equal(shares[1, 2:], [0.5, 0.5])
    np.testing.assert_array_equal(shares[2], [0.5, 0.5, 1.0, 0.5])
    assert np.isnan(shares[0, :2]).all()
    assert np.isnan(shares[3]).all()
    assert found.byzantine == [False, False, False, True]


def test_means_tell_liars_from_the_honest(made):
    found = membership(made)
    assert found.of_liars == pytest.approx((1.0 + 0.5 + 0.5) / 3)
    assert found.of_honest == pytest.approx((1.0 + 0.5 + 0.5 + 0.5) / 4)  # nobody's own


def test_errors_are_by_rank_and_piece(made):
    found = lie_spread(made)
    assert found.devices == [0, 3]
    np.testing.assert_array_equal(found.errors, [[0.0, 0.5], [0.0, 0.0]])
    assert found.byzantine == [False, True]


def test_pictures_have_a_cell_for_each_figure(made):
    for draw, found, cells in (
        (quorum_picture, membership(made), 8),
        (lie_picture, lie_spread(made), 4),
    ):
        with styled():
            _, ax = panel()
            draw(ax, found)
            assert len(ax.patches) == cells
            starred = [label.get_text() for label in ax.get_yticklabels()]
            assert '3*' in starred
    width, height = cells_size(np.zeros((4, 40)))
    assert width > height


def test_runs_without_quorums_or_lies_have_none(tmp_path):
    run = read_run(write_run(tmp_path / 'abc', summary={}))
    assert membership(run) is None
    assert lie_spread(run) is None
