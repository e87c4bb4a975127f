"""The CSV files beside a report, and the report in Markdown."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from analysis.load import load
from analysis.metrics import curve, simulated_seconds
from analysis.report import write
from analysis.report.data import data_folder, save
from analysis.totals import totals


@pytest.fixture(scope='module')
def data(written):
    return {path.stem: pd.read_csv(path) for path in data_folder(written).glob('*.csv')}


def test_each_link_to_a_csv_leads_to_one(written, data):
    linked = re.findall(r'href="report-data/([^"]*)\.csv"', written.read_text(encoding='utf-8'))
    assert {*linked} == {*data}
    assert {'runs', 'variants', 'test-accuracy', 'target'} <= {*data}


def test_runs_hold_the_totals_of_each(data, healthy):
    runs = data['runs']
    whole = runs[runs['status'] == 'finished']

    assert len(runs) == 5  # the interrupted one too
    assert whole['seed'].tolist() == [1, 2, 1, 2]
    expected = [simulated_seconds(run) for run in load(healthy).runs]
    np.testing.assert_allclose(whole['simulated_seconds'], expected)


def test_variants_hold_mean_and_deviation_over_seeds(data, healthy):
    ring = [simulated_seconds(run) for run in load(healthy).runs if 'ring' in run.variant]
    row = data['variants'].set_index('variant').loc['ring all-reduce']

    assert row['simulated time'] == pytest.approx(np.mean(ring))
    assert row['simulated time, deviation'] == pytest.approx(np.std(ring, ddof=1))
    assert row['simulated time, seeds'] == 2


def test_curves_hold_every_evaluation(data, healthy):
    rows = data['test-accuracy']
    run = load(healthy).runs[0]
    own = rows[(rows['variant'] == run.variant) & (rows['seed'] == run.seed)]

    np.testing.assert_allclose(own['test_accuracy'], curve(run)['test_accuracy'])
    np.testing.assert_allclose(own['seconds'], curve(run)['seconds'])


def test_csvs_of_an_older_report_go_and_other_files_stay(tmp_path):
    frame = pd.DataFrame({'a': [1.0]})
    save(tmp_path, {'old': frame})
    (tmp_path / 'notes.txt').write_text('mine')

    save(tmp_path, {'new': frame})

    assert sorted(path.name for path in tmp_path.iterdir()) == ['new.csv', 'notes.txt']


def test_csvs_beside_a_report_are_no_runs(make, tmp_path):
    make(tmp_path / 'runs' / 'a')
    write([tmp_path / 'runs'], tmp_path / 'runs' / 'report.html')

    again = load(tmp_path / 'runs')

    assert len(again.runs) == 1
    assert not again.skipped


def test_in_markdown_the_same_is_told_with_pictures_beside_it(healthy, written, tmp_path):
    out = write([*healthy], tmp_path / 'report.md', form='md')
    text = out.read_text(encoding='utf-8')
    pictures = re.findall(r'!\[([^]]+)\]\(([^)]*)\)', text)

    assert '**Ring all-reduce** reaches a test accuracy of 0.90 first' in text
    assert '| parameter server | 2 |' in text
    assert len(pictures) > 10
    for _, path in pictures:
        root = ET.parse(tmp_path / path).getroot()  # noqa: S314 (written just now)
        assert root.tag == '{http://www.w3.org/2000/svg}svg'
        assert 'var(--' not in (tmp_path / path).read_text()


def test_totals_are_a_frame_with_units_and_categories(make, tmp_path):
    for size in ('1 kB', '1 MB'):
        vary = {'vary': {'training.collective.bytes': size, 'seed': 1}, 'variant': 'ring'}
        make(tmp_path / size[:3], manifest=vary, summary={'bytes': 5, 'predicted': {'bytes': 5}})

    frame = totals(load(tmp_path).runs)

    assert frame['training.collective.bytes'].tolist() == ['1 MB', '1 kB']  # by folder
    assert isinstance(frame['variant'].dtype, pd.CategoricalDtype)
    assert frame['bytes'].tolist() == [5.0, 5.0]
    assert frame['test_accuracy'].isna().all()
    assert frame.attrs['units']['bytes'] == 'byte'
    assert frame.attrs['units']['simulated_seconds'] == 's'
    assert 'predicted' not in frame
