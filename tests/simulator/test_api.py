"""Bosphorus from Python: the same runs as from the command line, as frames and figures."""

import pytest

from simulator import Scenario, load_text
from simulator.api import run
from simulator.errors import RunFolderError, ScenarioError

SCENARIO = {
    'name': 'from-python',
    'stop': {'rounds': 3},
    'cluster': {'topology': {'star': {'workers': 2, 'servers': 1}}},
    'learning': {
        'data': 'xor', 'batch': 4, 'model': 'linear', 'optimizer': {'sgd': {'rate': 0.1}}
    },
    'training': {'parameter_server': {'aggregation': 'mean'}},
    'variants': {'few': {}, 'many': {'cluster': {'topology': {'star': {'workers': 4}}}}},
    'vary': {'seed': [1, 2]},
}  # fmt: skip


@pytest.fixture(scope='module')
def found(tmp_path_factory):
    return run(SCENARIO, out=tmp_path_factory.mktemp('api'), progress=False)


def test_frames_name_the_run_of_each_row(found):
    totals = found.totals()
    assert list(zip(totals['variant'], totals['seed'], strict=True)) == [
        ('few', 1), ('few', 2), ('many', 1), ('many', 2)
    ]  # fmt: skip
    assert totals['messages'].tolist() == [12, 12, 24, 24]
    curves = found.curves()
    assert list(curves.columns[:3]) == ['variant', 'seed', 'seconds']
    assert curves.groupby(['variant', 'seed'])['rounds'].max().tolist() == [3, 3, 3, 3]
    assert found.table('messages', ['bytes']).groupby('variant').size().to_dict() == {
        'few': 24, 'many': 48
    }  # fmt: skip
    assert 'few' in found._repr_html_()


def test_figures_reports_and_comparisons(found, tmp_path):
    assert found.plot(x='bytes', y='test_loss').get_xlabel()
    assert found.report(tmp_path / 'report.html').read_text().startswith('<!')
    assert set(found.compare().table()['variant']) == {'few', 'many'}


def test_the_name_in_the_package_stays_the_function(found):
    import simulator

    assert simulator.run is run  # no module of that name comes between


def test_a_second_call_does_nothing_again(found, tmp_path):
    out = found.folders[0].parents[2]
    before = [folder.stat().st_mtime_ns for folder in found.folders]
    assert run(SCENARIO, out=out, progress=False).folders == found.folders
    assert [folder.stat().st_mtime_ns for folder in found.folders] == before
    assert (out / 'from-python' / 'summary.csv').exists()


def test_a_file_a_scenario_and_plain_data_are_the_same(found, tmp_path):
    [spec, *_] = load_text('name: x\n' + ONE)
    assert isinstance(spec.scenario, Scenario)
    (tmp_path / 'x.yaml').write_text(ONE)
    one = run(spec.scenario, out=tmp_path / 'a', progress=False)
    other = run(tmp_path / 'x.yaml', out=tmp_path / 'b', sets=['name=x'], progress=False)
    assert [f.name for f in one.folders] == [f.name for f in other.folders]


ONE = """\
cluster: {topology: {star: {workers: 2}}}
training: {collective: {algorithm: ring, bytes: 1 kB}}
"""


def test_what_is_wrong_is_raised(tmp_path):
    with pytest.raises(ScenarioError, match=r'training\.collective'):
        run({'name': 'x', 'cluster': {'topology': 'star'}, 'training': {'collective': {}}})


def test_runs_that_fail_are_named(tmp_path):
    crash = {**SCENARIO, 'cluster': {
        'topology': {'star': {'workers': 2, 'servers': 1}},
        'faults': [{'churn': {'devices': 2, 'at': '1 us'}}],
    }, 'variants': {'dies': {}, 'lives': {'cluster': {'faults': []}}}, 'vary': {}}  # fmt: skip
    del crash['vary']
    found = run(crash, out=tmp_path, progress=False)
    assert len(found.failed) == 1 and len(found.totals()) == 1
    assert 'has crashed' in next(iter(found.failed.values()))
    with pytest.raises(RunFolderError, match='all runs failed'):
        run(crash, out=tmp_path, sets=['variants.lives=null'], progress=False)
