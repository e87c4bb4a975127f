"""The folder of one run: claimed, finished, failed, redone."""

import json
import subprocess
import sys

import numpy as np
import pytest

from simulator.errors import RunFolderError
from simulator.recording import Identity, Recorder, RunFolder, note, save_model
from simulator.traces import MANIFEST, SUMMARY, read_manifest, read_summary

WHICH = Identity('0123456789ab', 'demo', 'plain', {'seed': 7}, 7, 'name: demo\n', {'order': 3})


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / 'demo' / 'plain' / WHICH.id)


def test_a_finished_run(folder):
    with folder.writing(WHICH) as run:
        assert folder.status == 'running'
        note(run.path, data={'digits': 'ab' * 32})
        save_model(run.path, parameters=np.zeros(3, np.float32))
        run.finish({'rounds': 3, 'messages': 10, 'wall_seconds': 2.0, 'own': 'x'})
    assert sorted(path.name for path in folder.path.iterdir()) == [
        'manifest.json',
        'model.npz',
        'scenario.yaml',
        'summary.json',
    ]
    manifest, summary = read_manifest(folder.path), read_summary(folder.path)
    assert set(manifest) == {*MANIFEST, 'order'}
    assert manifest['data'] == {'digits': 'ab' * 32}
    assert manifest['versions']['numpy'] == np.__version__
    assert (manifest['variant'], manifest['vary'], manifest['seed']) == ('plain', {'seed': 7}, 7)
    assert manifest['started'] <= manifest['ended']
    assert set(summary) == {*SUMMARY, 'own'}
    assert (summary['status'], summary['messages_per_wall_second']) == ('finished', 5.0)
    assert (folder.path / 'scenario.yaml').read_text() == 'name: demo\n'
    assert folder.result(WHICH.id) == summary
    assert folder.result('another_id__') is None


@pytest.mark.parametrize(
    ('error', 'status'), [(KeyboardInterrupt(), 'interrupted'), (ValueError('odd'), 'failed')]
)
def test_a_run_that_ends_early_says_so_and_is_redone(folder, error, status):
    with (
        pytest.raises(type(error)),
        folder.writing(WHICH) as run,
        Recorder(run.path) as recorder,
    ):
        recorder.metric(0.0, 0, 0.0, -1, 'test_loss', 1.0)
        (run.path / 'notes of the user.txt').touch()
        (run.path / '.part-00000.parquet.tmp').touch()
        raise error
    assert folder.status == read_summary(folder.path)['status'] == status
    assert read_manifest(folder.path)['error'] == ('ValueError: odd' if str(error) else None)
    assert folder.result(WHICH.id) is None
    assert (folder.path / 'metrics' / 'part-00000.parquet').exists()

    with folder.writing(WHICH, attempt=2) as run:
        run.finish({})
    assert read_manifest(folder.path)['attempts'] == 2
    assert 'traceback' not in read_manifest(folder.path)
    assert read_manifest(folder.path)['error'] is None
    assert sorted(path.name for path in folder.path.iterdir()) == [
        'manifest.json',
        'notes of the user.txt',
        'scenario.yaml',
        'summary.json',
    ]


@pytest.mark.parametrize('file', ['manifest.json', 'summary.json'])
@pytest.mark.parametrize('content', [b'', b'{"format": 0}', b'\xff\xfe', b'[]'])
def test_a_damaged_folder_is_no_result(folder, file, content):
    with folder.writing(WHICH) as run:
        run.finish({})
    damaged = folder.path / file
    damaged.write_bytes(content)
    if (file, content) != ('summary.json', b'{"format": 0}'):  # an object is all a summary needs
        assert folder.result(WHICH.id) is None
    with folder.writing(WHICH) as run:
        run.finish({})
    assert folder.result(WHICH.id) is not None


def test_a_run_whose_process_died_is_given_up(folder):
    folder.give_up(WHICH, 4, 'its process died')  # before it could write anything
    assert read_manifest(folder.path)['error'] == 'its process died'
    with folder.writing(WHICH) as run:
        note(run.path, data={'digits': 'x'})
    summary = folder.give_up(WHICH, 4, 'killed')
    manifest = read_manifest(folder.path)
    assert (summary['status'], manifest['status'], manifest['attempts']) == ('failed', 'failed', 4)
    assert manifest['data'] == {'digits': 'x'}


OTHER = """
import sys
from pathlib import Path
from simulator.recording import Identity, RunFolder
with RunFolder(Path(sys.argv[1])).writing(Identity('0123456789ab', 'demo', 'plain', {}, 7, '')):
    print('mine', flush=True)
    sys.stdin.read()
"""


def test_two_processes_do_not_write_one_run(folder):
    command = [sys.executable, '-c', OTHER, str(folder.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with (
            pytest.raises(RunFolderError, match='another process is writing this run'),
            folder.writing(WHICH),
        ):
            pass
        process.kill()  # the lock dies with its holder
    with folder.writing(WHICH) as run:
        run.finish({})
    assert json.loads((folder.path / 'summary.json').read_text())['status'] == 'finished'
