"""What is recorded is read back, whatever the batches, the wall clock and a kill do."""

import os
import signal
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import RunFolderError
from simulator.recording import Coded, Recorder, RecordOptions, Thinning
from simulator.recording.options import NOTHING
from simulator.traces import PART_ROWS, part_paths

PART = 8  # rows of a part, so that a few batches cross it


def test_a_short_whole_trace(tmp_path, read):
    with Recorder(tmp_path) as recorder:
        recorder.metric(0.25, 1, 0.125, -1, 'train_loss', 2.5)
        recorder.span(3, 'compute', 'gradient', 1, 0.0, 1e-9)
        recorder.extend(
            'messages',
            {
                'message': [0, 1],
                'kind': Coded(np.array([1, 0]), ['model', 'gradient']),
                'source': [0, 1],
                'target': 2,
                'bytes': [8.0, 4.5],
                'step': 0,
                'collective': -1,
                'attempt': 0,
                'sent': [0.0, 1e-6],
                'started': 2e-6,
                'delivered': [3e-6, np.nan],
            },
        )
    assert read(tmp_path, 'metrics') == {
        'time_ns': [250_000_000],
        'step': [1],
        'epoch': [0.125],
        'device': [-1],
        'metric': ['train_loss'],
        'value': [2.5],
    }
    assert read(tmp_path, 'spans') == {
        'device': [3],
        'activity': ['compute'],
        'operation': ['gradient'],
        'step': [1],
        'start_ns': [0],
        'end_ns': [1],
    }
    assert read(tmp_path, 'messages') == {
        'message': [0, 1],
        'kind': ['gradient', 'model'],
        'source': [0, 1],
        'target': [2, 2],
        'bytes': [8.0, 4.5],
        'step': [0, 0],
        'collective': [-1, -1],
        'attempt': [0, 0],
        'sent_ns': [0, 1000],
        'started_ns': [2000, 2000],
        'delivered_ns': [3000, -1],
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ['messages', 'metrics', 'spans']


@settings(max_examples=25, deadline=None)  # it writes files
@given(
    batches=st.lists(st.integers(0, 3 * PART), max_size=6),
    flushes=st.sets(st.integers(0, 5)),
)
def test_parts_depend_on_the_rows_alone(
    batches, flushes, tmp_path_factory, read, digests, messages
):
    whole, pieces = (tmp_path_factory.mktemp(name) for name in ('whole', 'pieces'))
    total = sum(batches)
    with Recorder(pieces, part_rows=PART) as recorder:
        start = 0
        for number, size in enumerate(batches):
            recorder.extend('messages', messages(start, start + size))
            start += size
            if number in flushes:
                recorder.flush()
    with Recorder(whole, part_rows=PART) as recorder:
        recorder.extend('messages', messages(0, total))
    assert digests(pieces) == digests(whole)
    assert read(pieces, 'messages')['message'] == list(range(total))
    rows = [pq.read_metadata(path).num_rows for path in part_paths(pieces, 'messages')]
    assert rows == [PART] * (total // PART) + [total % PART] * (total % PART > 0)


def test_single_rows_and_columns_make_the_same_parts(tmp_path, digests):
    count = 5000
    number = np.arange(count)
    with Recorder(tmp_path / 'rows', part_rows=999) as recorder:
        for k in range(count):
            recorder.span(k % 3, 'compute', f'layer {k // 1000}', k, k * 0.5, k * 0.5 + 0.25)
    with Recorder(tmp_path / 'columns', part_rows=999) as recorder:
        recorder.extend(
            'spans',
            {
                'device': number % 3,
                'activity': 'compute',
                'operation': [f'layer {k // 1000}' for k in number],
                'step': number,
                'start': number * 0.5,
                'end': number * 0.5 + 0.25,
            },
        )
    assert digests(tmp_path / 'rows') == digests(tmp_path / 'columns')


def test_a_part_of_a_finished_run_holds_250_000_rows(tmp_path, messages):
    with Recorder(tmp_path) as recorder:
        recorder.extend('messages', messages(0, 200_000))
        recorder.extend('messages', messages(200_000, 250_001))
    parts = part_paths(tmp_path, 'messages')
    assert [pq.read_metadata(path).num_rows for path in parts] == [PART_ROWS, 1]
    kind, sent = (pq.read_metadata(parts[0]).row_group(0).column(k) for k in (1, 8))
    assert (sent.compression, kind.compression) == ('ZSTD', 'ZSTD')
    assert 'DELTA_BINARY_PACKED' in sent.encodings
    assert 'RLE_DICTIONARY' in kind.encodings


def test_a_time_given_in_nanoseconds_is_taken_as_it_is(tmp_path, read):
    with Recorder(tmp_path) as recorder:
        recorder.extend(
            'spans',
            {'device': 0, 'activity': 'down', 'operation': '', 'step': -1}
            | {'start_ns': np.array([2**60 + 1]), 'end': [2.0]},
        )
    assert read(tmp_path, 'spans')['start_ns'] == [2**60 + 1]
    assert read(tmp_path, 'spans')['end_ns'] == [2_000_000_000]


@pytest.mark.parametrize('thinning', [Thinning(every=10), Thinning(share=0.3)])
def test_thinning_goes_by_the_number_of_the_message(tmp_path, read, messages, thinning):
    with Recorder(tmp_path, RecordOptions(messages=thinning)) as recorder:
        recorder.extend('messages', messages(0, 60))
        for k in range(60, 100):
            recorder.extend('messages', messages(0, 1) | {'message': k, 'kind': 'model'})
        recorder.metric(0.0, 0, 0.0, -1, 'test_loss', 1.0)
    kept = thinning.keeps(np.arange(100)).nonzero()[0].tolist()
    assert read(tmp_path, 'messages')['message'] == kept
    assert len(read(tmp_path, 'metrics')['value']) == 1


def test_what_is_switched_off_leaves_nothing(tmp_path, messages):
    with Recorder(tmp_path / 'none', NOTHING) as recorder:
        recorder.extend('messages', messages(0, 10))
        recorder.metric(0.0, 0, 0.0, -1, 'test_loss', 1.0)
        recorder.span(0, 'wait', '', 0, 0.0, 1.0)
        assert not recorder.wants('messages')
        with pytest.raises(KeyError):
            recorder.extend('mesages', {})
    assert not (tmp_path / 'none').exists()


def test_the_tail_reaches_the_disk_as_the_wall_clock_goes(tmp_path, read):
    recorder = Recorder(tmp_path, flush_every=0.0)
    recorder.metric(0.0, 0, 0.0, -1, 'test_loss', 1.0)
    assert read(tmp_path, 'metrics')['value'] == [1.0]
    recorder.span(0, 'wait', '', 0, 0.0, 1.0)
    assert read(tmp_path, 'spans')['activity'] == ['wait']


def test_an_error_inside_the_run_keeps_what_was_recorded(tmp_path, read):
    with pytest.raises(ZeroDivisionError), Recorder(tmp_path) as recorder:
        recorder.metric(0.0, 0, 0.0, -1, 'test_loss', 1.0)
        _ = 1 / 0
    assert read(tmp_path, 'metrics')['value'] == [1.0]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / 'file').touch()
    recorder = Recorder(tmp_path / 'file')
    recorder.metric(0.0, 0, 0.0, -1, 'test_loss', 1.0)
    with pytest.raises(RunFolderError, match='file/metrics: cannot be written: Not a directory'):
        recorder.close()


KILLED = """
import sys
from pathlib import Path
from simulator.recording import Recorder

recorder = Recorder(Path(sys.argv[1]), part_rows=1000, flush_every=0.05)
k = 0
while True:
    recorder.span(k % 16, 'compute', 'gradient', k, k * 1e-3, k * 1e-3 + 5e-4)
    k += 1
    if k == 30_000:
        print('enough', flush=True)
"""


@pytest.mark.skipif(os.name != 'posix', reason='SIGKILL is of POSIX')
def test_a_killed_run_reads_back(tmp_path, read):
    with subprocess.Popen(
        [sys.executable, '-c', KILLED, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    assert process.returncode == -signal.SIGKILL
    steps = read(tmp_path, 'spans')['step']
    assert len(steps) >= 26_000  # all but what was in memory: a part and what waits to fold
    assert steps == list(range(len(steps)))
