"""The declaration of the trace columns."""

import json
import subprocess
import sys

import pytest

from simulator import traces
from simulator.errors import RunFolderError


@pytest.fixture
def manifest():
    return dict.fromkeys(traces.MANIFEST) | {'format': traces.FORMAT}


def test_naming_a_column_costs_no_pyarrow():
    code = (
        'import sys; from simulator import traces; traces.TABLES["nodes"].names; '
        'sys.exit("pyarrow" in sys.modules or "numpy" in sys.modules)'
    )
    assert subprocess.run([sys.executable, '-c', code], check=False).returncode == 0


def test_the_columns_of_the_design():
    assert {name: ' '.join(table.names) for name, table in traces.TABLES.items()} == {
        'metrics': 'time_ns step epoch device metric value',
        'messages': 'message kind source target bytes step collective attempt sent_ns '
        'started_ns delivered_ns',
        'spans': 'device activity operation step start_ns end_ns',
        'quorums': 'time_ns step node kind source byzantine',
        'critical': 'step kind operation source target waited_for start_ns end_ns',
        'links': 'link source target bandwidth_bps latency_ns bytes messages busy_ns',
        'routes': 'source target hop link',
        'nodes': 'node kind role x y',
    }


@pytest.mark.parametrize('table', traces.TABLES.values(), ids=lambda table: table.name)
def test_every_column_says_what_it_means_in_which_unit(table):
    schema = table.schema
    assert schema.names == list(table.names)
    assert schema.metadata[b'bosphorus.format'] == str(traces.FORMAT).encode()
    for column in table.columns:
        assert column.meaning
        assert column.unit or column.type == 'text'
        assert column.name.endswith('_ns') == (column.unit == 'ns')
        assert schema.field(column.name).metadata[b'unit'] == column.unit.encode()


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="nodes has no column 'z'; it has node, kind"):
        traces.TABLES['nodes']['z']


def test_parts_are_in_order_and_without_temporary_files(tmp_path):
    (tmp_path / 'spans').mkdir()
    for name in ('part-100000.parquet', 'part-99999.parquet', '.part-00000.parquet.tmp', 'x'):
        (tmp_path / 'spans' / name).touch()
    names = [path.name for path in traces.part_paths(tmp_path, 'spans')]
    assert names == ['part-99999.parquet', 'part-100000.parquet']
    assert traces.part_paths(tmp_path, 'nodes') == []


def test_a_manifest_reads_back(tmp_path, manifest):
    (tmp_path / 'manifest.json').write_text(json.dumps(manifest))
    assert traces.read_manifest(tmp_path) == manifest


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (None, 'no manifest.json; not a run folder'),
        ('{"format": 1', 'manifest.json cannot be read'),
        ('\udcff', 'manifest.json cannot be read'),
        ('[1]', 'holds no JSON object'),
        ('{}', 'names no format'),
        ('{"format": 0}', 'written in format 0, this version reads 1'),
        ('{"format": 1}', 'lacks id, status'),
    ],
)
def test_a_foreign_or_damaged_folder_is_refused_by_name(tmp_path, content, message):
    folder = tmp_path / 'some-run'
    folder.mkdir()
    if content is not None:
        (folder / 'manifest.json').write_text(content, errors='surrogateescape')
    with pytest.raises(RunFolderError, match='some-run: .*' + message):
        traces.read_manifest(folder)


def test_a_summary_has_every_key(tmp_path):
    (tmp_path / 'summary.json').write_text('{"rounds": 3, "own": 1}')
    summary = traces.read_summary(tmp_path)
    assert set(traces.SUMMARY) < set(summary)
    assert (summary['rounds'], summary['own'], summary['bytes']) == (3, 1, None)
