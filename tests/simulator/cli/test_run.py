"""`bosphorus run` and `report`, as a user types them."""

import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from simulator.cli import main
from simulator.traces import SUMMARY, part_paths, read_manifest

SCENARIO = """\
# Which all-reduce is faster on a star?
name: small
cluster:
  topology: {star: {workers: 4}}
  link: {bandwidth: 1 Gb/s, latency: 50 us}
training: {collective: {algorithm: ring, bytes: 1 MB}}
variants:
  ring: {}
  master: {training: {collective: {algorithm: master_worker}}}
vary: {seed: [1, 2]}
"""

LEARNING = """\
name: learning
stop: {rounds: 3}
cluster: {topology: {star: {workers: 3, servers: 1}}}
learning: {data: digits, model: {mlp: {hidden: [8]}}, optimizer: {sgd: {rate: 0.2}}}
training: {parameter_server: {clock: bsp, aggregation: mean}}
variants:
  from nothing: {}
  a server crashes: {cluster: {faults: [{churn: {devices: 3, at: 0.1 ms}}]}}
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working directory with two scenarios."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'small.yaml').write_text(SCENARIO)
    (tmp_path / 'learning.yaml').write_text(LEARNING)
    return tmp_path


def bosphorus(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def lasting(folder):
    """Digests of the files that carry no wall clock."""
    timed = {'manifest.json', 'summary.json', 'summary.csv'}
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob('*'))
        if path.is_file() and path.name not in timed
    }


def test_a_run_leaves_what_the_design_says(place):
    result = bosphorus('run', 'small.yaml')
    assert (result.exit_code, result.stdout.splitlines()) == (0, ['runs/small/report.html'])
    assert len(result.stderr.splitlines()) == 4
    home = place / 'runs' / 'small'
    assert sorted(path.name for path in home.iterdir()) == [
        'master',
        'report-data',
        'report.html',
        'ring',
        'summary.csv',
    ]
    rows = list(csv.DictReader((home / 'summary.csv').read_text().splitlines()))
    assert [(row['variant'], row['seed']) for row in rows] == [
        *(('ring', '1'), ('ring', '2')),
        *(('master', '1'), ('master', '2')),
    ]
    for row in rows:
        folder = home / row['variant'] / row['id']
        manifest = read_manifest(folder)
        assert manifest['status'] == row['status'] == 'finished'
        assert manifest['order'] == rows.index(row)
        assert manifest['question'] == 'Which all-reduce is faster on a star?'
        assert all(part_paths(folder, table) for table in ('messages', 'links', 'nodes'))
        predicted = float(row['predicted.collective_seconds'])
        assert float(row['simulated_seconds']) == pytest.approx(predicted)


@pytest.mark.parametrize('words', [['--format', 'md'], ['--out', 'runs/small/report.md']])
def test_a_report_may_be_markdown(place, words):
    bosphorus('run', 'small.yaml', '--no-report')
    result = bosphorus('report', 'runs/small', *words)
    assert (result.exit_code, result.stdout.splitlines()) == (0, ['runs/small/report.md'])
    told = (place / 'runs' / 'small' / 'report.md').read_text(encoding='utf-8')
    assert told.startswith('# Which all-reduce is faster on a star?')
    assert (place / 'runs' / 'small' / 'report-data' / 'runs.csv').is_file()


def test_the_second_time_nothing_is_done_again(place):
    bosphorus('run', 'small.yaml', '--no-report')
    before = lasting(place / 'runs')
    manifests = {p: p.read_bytes() for p in place.glob('runs/small/*/*/manifest.json')}
    result = bosphorus('run', 'small.yaml', '--jobs', 2, '--no-report')
    assert result.stderr.count('finished before') == 4
    assert lasting(place / 'runs') == before
    assert {path: path.read_bytes() for path in manifests} == manifests


def test_a_scenario_of_a_run_runs_again_to_the_same_traces(place):
    bosphorus('run', 'small.yaml', '--no-report')
    first = min(place.glob('runs/small/ring/*/scenario.yaml'))
    bosphorus('run', first, '--out', 'again', '--no-report')
    [second] = place.glob('again/small/base/*')
    assert lasting(second) == lasting(first.parent)


def test_json_is_one_object_on_stdout(place):
    words = ['--json', '--no-report', '--seed', 5, '--set', 'cluster.sharing=fifo']
    result = bosphorus('run', 'small.yaml', *words)
    said = json.loads(result.stdout)
    assert said['report'] is None
    assert [set(run) for run in said['runs']] == 2 * [
        {'variant', 'id', 'folder', 'vary', 'summary'}
    ]
    for run in said['runs']:
        assert set(SUMMARY) <= set(run['summary'])
        assert read_manifest(place / run['folder'])['seed'] == 5


def test_a_run_that_fails_says_why_and_the_others_go_on(place):
    result = bosphorus('run', 'learning.yaml', '--no-report')
    assert result.exit_code == 1
    ended = result.stderr.splitlines()
    assert ended[0].startswith('from nothing: finished (3 rounds')
    assert re.search(r'failed: device 3 has crashed, and with it slice 0 of the model', ended[1])


def test_without_a_report_the_folder_is_named(place):
    result = bosphorus('run', 'small.yaml', '--no-report')
    assert result.stdout.splitlines() == ['runs/small']
    assert not (place / 'runs' / 'small' / 'report.html').exists()


def test_several_scenarios_are_compared(place):
    text = SCENARIO.partition('variants')[0]
    (place / 'small.yaml').write_text(text)
    (place / 'large.yaml').write_text(text.replace('1 MB', '2 MB').replace('small', 'large'))
    result = bosphorus('run', 'small.yaml', 'large.yaml')
    assert result.stdout.splitlines() == ['runs/report.html']
    assert (place / 'runs' / 'large' / 'report.html').exists()


def test_a_report_is_rebuilt_to_the_byte(place):
    result = bosphorus('run', 'small.yaml', '--seed', 1, '--json')
    assert json.loads(result.stdout)['report'] == 'runs/small/report.html'
    first = (place / 'runs' / 'small' / 'report.html').read_bytes()
    result = bosphorus('report', 'runs/small')
    assert (result.exit_code, result.stdout) == (0, 'runs/small/report.html\n')
    assert (place / 'runs' / 'small' / 'report.html').read_bytes() == first


def test_if_one_scenario_is_wrong_nothing_is_written(place):
    (place / 'wrong.yaml').write_text(SCENARIO.replace('star', 'start'))
    result = bosphorus('run', 'small.yaml', 'wrong.yaml', 'absent.yaml')
    assert result.exit_code == 2
    assert "did you mean 'star'?" in result.stderr
    assert 'absent.yaml' in result.stderr
    assert not (place / 'runs').exists()


def test_a_folder_that_cannot_be_written_is_a_usage_error(place):
    (place / 'file').touch()
    result = bosphorus('run', 'small.yaml', '--out', 'file')
    assert result.exit_code == 2
    assert 'file/small: cannot be written: Not a directory' in result.stderr
    result = bosphorus('report', 'absent')
    assert result.exit_code == 2
    (place / 'empty').mkdir()
    result = bosphorus('report', 'empty')
    assert result.exit_code == 2
    assert 'no manifest.json; not a run folder' in result.stderr


PLUGIN = """
import networkx as nx

def pair(*, workers: int = 2, servers: int = 0) -> nx.Graph:
    '''Two hosts and a wire.'''
    graph = nx.Graph([(0, 1)])
    for node in graph:
        graph.nodes[node].update(kind='host', role='worker', x=float(node), y=0.0, group=0)
    return graph

BOSPHORUS = {'topologies': {'pair': pair}}
"""


def test_two_processes_leave_what_one_does_plug_ins_included(place):
    (place / 'pair.py').write_text(PLUGIN)
    words = ['run', 'small.yaml', '--set', 'cluster.topology=pair', '--no-report']
    for jobs in (1, 2):
        result = bosphorus(*words, '--plugin', 'pair.py', '--out', f'by {jobs}', '--jobs', jobs)
        assert result.exit_code == 0, result.stderr
    left = lasting(place / 'by 1')
    assert lasting(place / 'by 2') == left
    (place / 'pair.py').write_text(PLUGIN + '\n# another text, another run\n')
    bosphorus(*words, '--plugin', 'pair.py', '--out', 'by 1')
    assert len(lasting(place / 'by 1')) == 2 * len(left)
    assert bosphorus(*words).exit_code == 2  # the plug-in is gone with its command


@pytest.mark.skipif(os.name != 'posix', reason='signals of POSIX')
def test_ctrl_c_ends_with_130_and_what_was_recorded_reads_back(place, terminal):
    command = [sys.executable, '-m', 'simulator', 'run', 'learning.yaml', '--jobs', '2']
    command += ['--set', 'stop.rounds=1000000', '--set', 'cluster.faults=[]', '--no-report']
    process = terminal(*command, stderr=subprocess.PIPE)
    end = time.monotonic() + 120
    while len(list(place.glob('runs/learning/*/*/messages/part-00000.parquet'))) < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.decode().splitlines()[-1].startswith('interrupted')
    for folder in place.glob('runs/learning/*/*'):
        assert read_manifest(folder)['status'] == 'interrupted'
        messages = [pq.read_table(path) for path in part_paths(folder, 'messages')]
        assert all(table.num_rows > 0 for table in messages)


SEARCH = """\
name: tuned
stop: {rounds: 4}
cluster: {topology: {star: {workers: 2}}}
learning: {data: xor, batch: 4, model: linear, optimizer: {sgd: {rate: 0.1}}}
training: {all_reduce: {algorithm: ring}}
search: {over: {learning.optimizer.sgd.rate: [0.001, 0.1, 0.3]}, trials: 4, rungs: 2}
vary: {seed: [1, 2]}
"""


def test_a_search_comes_before_the_runs_that_are_compared(place):
    (place / 'tuned.yaml').write_text(SEARCH)
    planned = json.loads(bosphorus('run', 'tuned.yaml', '--dry-run', '--json').stdout)
    assert planned['trials'] == 4 + 1
    result = bosphorus('run', 'tuned.yaml', '--no-report', '--json')
    assert result.exit_code == 0, result.output
    assert 'tuned: base: learning.optimizer.sgd.rate = ' in result.stderr
    runs = json.loads(result.stdout)['runs']
    assert [run['vary'] for run in runs] == [{'seed': 1}, {'seed': 2}]
    tuned = [read_manifest(place / run['folder'])['tuned'] for run in runs]
    assert tuned[0] == tuned[1]
    rate = tuned[0]['values']['learning.optimizer.sgd.rate']
    assert f'rate: {rate}' in (place / runs[0]['folder'] / 'scenario.yaml').read_text()
    assert len((place / 'runs/tuned/search.csv').read_text().splitlines()) == 1 + 5
    again = bosphorus('run', 'tuned.yaml', '--no-report')
    assert again.stderr.count('finished before') == again.stderr.count('finished')
    shown = bosphorus('report', 'runs/tuned')  # what was tried is not compared
    assert shown.exit_code == 0, shown.output
    assert len(json.loads(result.stdout)['runs']) == 2


def test_a_search_begins_nothing_that_does_not_fit(place):
    kind = 'pipeline: {stages: 2}'
    over = '{training.pipeline.stages: [1, 3]}'
    text = SEARCH.replace('all_reduce: {algorithm: ring}', kind).replace('workers: 2', 'workers: 4')
    text = text.replace('model: linear', 'model: {mlp: {hidden: [4]}}')
    text = text.replace('{learning.optimizer.sgd.rate: [0.001, 0.1, 0.3]}', over)
    (place / 'tuned.yaml').write_text(text)
    result = bosphorus('run', 'tuned.yaml', '--no-report')
    assert result.exit_code == 0, result.output
    assert 'tuned: base: training.pipeline.stages = 1' in result.stderr
    wrong = 'error: training.pipeline: 4 workers are not whole pipelines of stages(=3); change'
    assert 'search: base: seed = 2147483648, training.pipeline.stages = 3: ' in result.stderr
    assert result.stderr.count(wrong) == 1
    (place / 'tuned.yaml').write_text(text.replace('[1, 3]', '[3, 3]'))
    result = bosphorus('run', 'tuned.yaml', '--no-report')
    assert result.exit_code == 2
    assert result.stderr.rstrip().endswith('; change either')
