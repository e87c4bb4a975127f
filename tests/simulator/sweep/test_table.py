"""`summary.csv`: one row a run."""

import csv
from pathlib import Path

import pytest

from simulator.errors import RunFolderError
from simulator.recording import Identity
from simulator.sweep import Job, Outcome, write_summaries
from simulator.traces import SUMMARY


def outcome(number, variant, vary, **figures):
    which = Identity(f'{number:012x}', 'demo', variant, vary, 7 + number, '')
    job = Job(None, Path(str(number)), which)
    return Outcome(job, 'finished', {**dict.fromkeys(SUMMARY), **figures})


def test_a_row_a_run(tmp_path):
    write_summaries(
        tmp_path / 'summary.csv',
        [
            outcome(0, 'a, b', {'seed': 7, 'cluster.sharing': 'fifo'}, status='finished', rounds=3),
            outcome(1, 'c', {'x': {'y': [1]}, 'on': True}, predicted={'seconds': 0.25, 'bytes': 8}),
            Outcome.failure(outcome(2, 'd', {}).job, 'why'),
        ],
    )
    text = (tmp_path / 'summary.csv').read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0]) == [
        *('variant', 'cluster.sharing', 'x', 'on', 'seed', 'id'),
        *(key for key in SUMMARY if key != 'predicted'),
        *('predicted.bytes', 'predicted.seconds'),
    ]
    assert (rows[0]['variant'], rows[0]['seed'], rows[0]['rounds']) == ('a, b', '7', '3')
    assert (rows[1]['x'], rows[1]['on']) == ('{"y":[1]}', 'true')
    assert (rows[1]['predicted.seconds'], rows[1]['rounds']) == ('0.25', '')
    assert (rows[2]['status'], rows[2]['cluster.sharing']) == ('failed', '')


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(RunFolderError, match=r'summary\.csv: cannot be written'):
        write_summaries(tmp_path / 'file' / 'summary.csv', [outcome(0, '', {})])
