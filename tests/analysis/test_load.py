from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from analysis.load import DamagedRunError, load, read_run
from simulator import traces
from simulator.errors import RunFolderError


def test_a_folder_of_runs_is_searched_and_strangers_are_named(study):
    found = load(study)

    assert len(found.runs) == 6
    assert [skipped.folder.name for skipped in found.skipped] == ['holiday pictures']
    assert 'not a run folder' in found.skipped[0].reason


def test_given_folders_keep_their_order_and_count_once(healthy):
    backwards = list(reversed(healthy))

    found = load([*backwards, healthy[0], healthy[2].parent / '1111'])

    assert [run.folder for run in found.runs] == backwards
    assert not found.skipped


def test_the_author_s_order_goes_before_names(make, tmp_path):
    for place, name in enumerate(['zebra', 'ant']):
        make(tmp_path / name / 'id', manifest={'variant': name, 'order': place})

    assert [run.variant for run in load(tmp_path).runs] == ['zebra', 'ant']


def test_what_the_json_files_say(healthy):
    run = read_run(healthy[0])

    assert (run.name, run.variant, run.seed, run.vary) == ('made-up', 'parameter server', 1, {})
    assert run.finished
    assert run.scenario['learning']['batch'] == 32
    assert run.question.startswith('Is a ring faster')
    assert set(traces.SUMMARY) <= set(run.summary)


def test_only_wanted_columns_and_rows_are_read(healthy):
    run = read_run(healthy[0])

    frame = run.table('messages', ['bytes'], where=pc.field('step') == 3)

    assert list(frame) == ['bytes']
    assert len(frame) == 2 * 4


def test_pieces_add_up_to_the_table(make, tmp_path):
    n = 700_000
    spans = {
        'device': range(n),
        'activity': ['wait', 'down'] * (n // 2),
        'operation': ['x'] * n,
        'step': [0] * n,
        'start_ns': range(n),
        'end_ns': range(1, n + 1),
    }
    run = read_run(make(tmp_path / 'run', tables={'spans': spans}))

    pieces = list(run.batches('spans', ['device', 'activity']))

    assert len(pieces) > 2
    assert sum(map(len, pieces)) == run.rows('spans') == n
    joined = pd.concat(piece.astype({'activity': str}) for piece in pieces)
    assert joined['activity'].tolist() == run.table('spans')['activity'].tolist()


def test_a_table_that_was_not_recorded_is_empty(make, tmp_path):
    run = read_run(make(tmp_path / 'run'))

    assert run.rows('messages') == 0
    assert list(run.table('messages')) == list(traces.TABLES['messages'].names)


def test_an_unfinished_run_needs_no_summary_but_a_finished_one_does(make, tmp_path):
    running = make(tmp_path / 'a', manifest={'status': 'running'})
    lost = make(tmp_path / 'b')
    (lost / 'summary.json').unlink()

    found = load(tmp_path)

    assert [run.folder for run in found.runs] == [running]
    assert not found.runs[0].finished
    assert [skipped.folder for skipped in found.skipped] == [lost]


@pytest.mark.parametrize(
    ('name', 'content', 'told'),
    [
        ('manifest.json', 'not JSON', 'cannot be read'),
        ('manifest.json', '[]', 'no JSON object'),
        ('manifest.json', json.dumps({'format': 99}), 'format 99'),
        ('summary.json', '{', 'cannot be read'),
    ],
)
def test_damage_is_named(make, tmp_path, name, content, told):
    folder = make(tmp_path / 'run')
    (folder / name).write_text(content)

    found = load(folder)

    assert not found.runs
    assert told in found.skipped[0].reason


def test_damage_found_late_names_run_and_table(study):
    run = read_run(study / 'ring all-reduce' / 'damaged')

    with pytest.raises(DamagedRunError, match=r'damaged: metrics: ') as caught:
        run.table('metrics')

    found = load(study)
    assert len(found.without(caught.value).runs) == len(found.runs) - 1


def test_a_table_of_another_make_is_damage(make, tmp_path):
    folder = make(tmp_path / 'run')
    (folder / 'links').mkdir()
    pd.DataFrame({'link': [1]}).to_parquet(folder / 'links' / 'part-00000.parquet')

    with pytest.raises(DamagedRunError, match='links lacks bandwidth_bps'):
        read_run(folder).table('links')


@pytest.mark.parametrize('text', ['- a list', 'a: [', '\x00'])
def test_a_scenario_that_is_none_is_damage(make, tmp_path, text):
    run = read_run(make(tmp_path / 'run', scenario=text))

    with pytest.raises(DamagedRunError, match=r'scenario\.yaml'):
        _ = run.scenario


def test_a_folder_that_is_not_there_is_passed_over(tmp_path):
    found = load(tmp_path / 'nowhere')

    assert not found.runs
    assert 'not a run folder' in found.skipped[0].reason
    with pytest.raises(RunFolderError):
        read_run(tmp_path / 'nowhere')


@pytest.mark.parametrize(
    ('key', 'value'), [('seed', None), ('seed', '7'), ('id', 3), ('vary', []), ('scenario', None)]
)
def test_a_manifest_of_something_else_is_skipped_by_name(make, tmp_path, key, value):
    make(tmp_path / 'good', manifest={'vary': None})
    make(tmp_path / 'odd', manifest={key: value})

    found = load(tmp_path)

    assert [run.folder.name for run in found.runs] == ['good']
    [skipped] = found.skipped
    assert skipped.folder.name == 'odd'
    assert f'{key} is {value!r}; it is damaged' in skipped.reason


def test_frames_carry_units_and_categories(healthy):
    table = load(healthy).runs[0].table('messages', ['kind', 'bytes', 'sent_ns'])

    assert table.attrs['units'] == {'kind': '', 'bytes': 'byte', 'sent_ns': 'ns'}
    assert isinstance(table['kind'].dtype, pd.CategoricalDtype)


def test_only_row_groups_that_can_hold_what_is_asked_for_are_read(make, tmp_path):
    n = 40
    columns = {
        'message': range(n), 'kind': ['model'] * n, 'source': [0] * n, 'target': [1] * n,
        'bytes': [1.0] * n, 'step': [0] * n, 'collective': [-1] * n, 'attempt': [0] * n,
        'sent_ns': range(n), 'started_ns': range(n), 'delivered_ns': range(n),
    }  # fmt: skip
    folder = make(tmp_path / 'run')
    schema = traces.TABLES['messages'].schema
    table = pa.table({f.name: pa.array(columns[f.name]).cast(f.type) for f in schema})
    (folder / 'messages').mkdir()
    part = folder / 'messages' / 'part-00000.parquet'
    pq.write_table(table, part, row_group_size=10)
    # what lies between the first row group and the footer is made unreadable
    column = pq.ParquetFile(part).metadata.row_group(1).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    content = bytearray(part.read_bytes())
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], 'little')
    content[start:footer] = bytes(footer - start)
    part.write_bytes(content)
    run = load(folder).runs[0]

    assert run.rows('messages') == n
    assert run.table('messages', ['sent_ns'], where=pc.field('sent_ns') < 10)['sent_ns'].max() == 9
    with pytest.raises(DamagedRunError):
        run.table('messages', ['sent_ns'])
