"""A small real run in the formats of others: every row is there, once, at its time."""

import json
from itertools import pairwise

import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.export import write_tables, write_timeline
from analysis.export.timeline import DEVICES, LANES, LINKS, events
from analysis.load import load, read_run
from simulator import traces
from simulator.cli import main
from simulator.errors import RunFolderError

SCENARIO = """\
name: exported
stop: {rounds: 2}
cluster:
  topology: {star: {workers: 3, servers: 1}}
  link: {bandwidth: 100 Mb/s, latency: 50 us, loss: 0.2}
learning: {data: xor, batch: 4, model: linear, optimizer: {sgd: {rate: 0.2}}}
training: {parameter_server: {clock: bsp}}
"""


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp('exported')
    (folder / 'exported.yaml').write_text(SCENARIO)
    words = ['run', str(folder / 'exported.yaml'), '--out', str(folder / 'runs'), '--no-report']
    assert CliRunner().invoke(main, [*words, '--set', 'vary.seed=[1, 2]']).exit_code == 0
    return folder / 'runs'


@pytest.fixture
def run(place):
    return load(place).runs[0]


def boxes(found, process):
    return [each for each in found if each['ph'] == 'X' and each['pid'] == process]


def test_each_message_is_on_each_link_of_its_way(run):
    found = list(events(run))
    messages, routes = run.table('messages'), run.table('routes')
    arrived = messages[messages['delivered_ns'] >= 0]
    assert len(arrived) < len(messages)  # some were lost
    wanted = arrived.merge(routes, on=['source', 'target'])
    shown = boxes(found, LINKS)
    assert sorted((box['tid'] // LANES, box['args']['message']) for box in shown) == sorted(
        zip(wanted['link'], wanted['message'], strict=True)
    )
    ends = {(box['ts'], round(box['ts'] + box['dur'], 3)) for box in shown}
    rows = zip(wanted['started_ns'] / 1000, wanted['delivered_ns'] / 1000, strict=True)
    assert ends == {(start, round(end, 3)) for start, end in rows}
    losses = [each for each in found if each.get('name') == 'lost messages']
    assert losses[-1]['args'] == {'messages': len(messages) - len(arrived)}


def test_each_span_is_on_its_device_and_no_track_holds_two_at_once(run):
    found = list(events(run))
    assert len(boxes(found, DEVICES)) == run.rows('spans')
    tracks = {}
    for box in boxes(found, DEVICES) + boxes(found, LINKS):
        tracks.setdefault((box['pid'], box['tid']), []).append((box['ts'], box['dur']))
    for track in tracks.values():
        track.sort()
        for (start, length), (later, _) in pairwise(track):
            assert start + length <= later + 1e-6
    named = {(e['pid'], e['tid']) for e in found if e['name'] == 'thread_name'}
    assert named == set(tracks)


def test_a_window_leaves_out_what_is_outside(run, tmp_path):
    whole = write_timeline(run, tmp_path / 'whole.json')
    middle = run.table('spans')['end_ns'].max() / 2
    part = list(events(run, 0, int(middle)))
    assert 0 < len(part) < whole
    assert all(each.get('ts', 0) <= middle / 1000 for each in part if each['ph'] == 'X')


def test_the_file_is_json_and_the_same_each_time(run, tmp_path):
    count = write_timeline(run, tmp_path / 'one.json')
    write_timeline(run, tmp_path / 'two.json')
    assert (tmp_path / 'one.json').read_bytes() == (tmp_path / 'two.json').read_bytes()
    trace = json.loads((tmp_path / 'one.json').read_text())
    assert len(trace['traceEvents']) == count
    assert trace['otherData']['scenario'] == 'exported'


def test_tables_read_back_as_they_are(run, tmp_path):
    written = write_tables(run, tmp_path / 'csv')
    assert [path.stem for path in written] == [t for t in traces.TABLES if run.rows(t)]
    for path in written:
        table = run.table(path.stem)
        texts = {c: str for c in table.columns if table[c].dtype == 'category'}
        read = pd.read_csv(path, dtype=texts, keep_default_na=False)
        pd.testing.assert_frame_equal(read, table.astype(texts), check_dtype=False)


def test_a_run_without_traces_has_an_empty_timeline(run, tmp_path):
    bare = tmp_path / 'bare'
    bare.mkdir()
    for name in ('manifest.json', 'summary.json', 'scenario.yaml'):
        (bare / name).write_bytes((run.folder / name).read_bytes())
    assert write_timeline(read_run(bare), tmp_path / 'bare.json') == 0
    assert json.loads((tmp_path / 'bare.json').read_text())['traceEvents'] == []
    assert write_tables(read_run(bare), tmp_path) == []


def test_what_cannot_be_written_is_named_and_nothing_is_left(run, tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(RunFolderError, match=r't\.json: cannot be written'):
        write_timeline(run, tmp_path / 'file' / 't.json')
    assert [path.name for path in tmp_path.iterdir()] == ['file']


@pytest.mark.parametrize(
    ('words', 'told'),
    [
        ([], 'say what to write'),
        (['--timeline', 'x.json'], 'a timeline shows one run, there are 2'),
        (['--timeline', 'x.json', '--since', '3'], '--since: 3 carries no unit'),
    ],
)
def test_the_command_refuses_what_it_cannot_do(place, words, told, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ['export', str(place), *words])
    assert result.exit_code == 2
    assert told in result.output
    assert not list(tmp_path.iterdir())


def test_the_command_writes_both(place, run, tmp_path):
    words = ['--timeline', tmp_path / 't.json', '--csv', tmp_path / 'csv']
    result = CliRunner().invoke(main, ['export', str(run.folder), *map(str, words)])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == str(tmp_path / 't.json')
    assert (tmp_path / 'csv' / 'messages.csv').exists()
    result = CliRunner().invoke(main, ['export', str(place), '--csv', str(tmp_path / 'all')])
    assert len(list((tmp_path / 'all').glob('exported/*/*/messages.csv'))) == 2
