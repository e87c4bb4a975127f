"""Files a scenario names belong to the folder it stands in."""

from pathlib import Path

import numpy as np
import pytest

from simulator.scenario import load
from simulator.scenario.inputs import input_files, without_folders

TEXT = """\
stop: {rounds: 1}
cluster: {topology: {file: {path: nets/net.csv, servers: 1}}}
learning:
  data: {csv: {path: own.csv, target: y}}
  model: linear
  optimizer: {sgd: {rate: 0.1}}
training: {parameter_server: {}}
"""


@pytest.fixture
def home(tmp_path):
    home = tmp_path / 'home'
    (home / 'nets').mkdir(parents=True)
    (home / 'nets' / 'net.csv').write_text('source,target\n0,1\n1,2\n')
    (home / 'own.csv').write_text('x,y\n' + '1,0\n2,1\n3,0\n4,1\n' * 10)
    (home / 'small.yaml').write_text(TEXT)
    return home


def test_names_are_found_beside_the_scenario_wherever_one_is(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [spec] = load(home / 'small.yaml')
    assert input_files(spec.resolved) == [home / 'nets' / 'net.csv', home / 'own.csv']
    assert spec.scenario.cluster.topology().number_of_nodes() == 3
    monkeypatch.chdir(home)
    assert load('small.yaml')[0].resolved == spec.resolved


def test_a_name_from_the_command_line_belongs_to_where_one_is(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'other.csv').write_text((home / 'own.csv').read_text())
    np.savez(tmp_path / 'model.npz', parameters=np.zeros(4, np.float32))
    sets = ['learning.data.csv.path=other.csv', 'learning.start=model.npz']
    [spec] = load(home / 'small.yaml', sets=sets)
    names = [path.name for path in input_files(spec.resolved)]
    assert names == ['net.csv', 'other.csv', 'model.npz']
    assert spec.scenario.learning.start == str(tmp_path / 'model.npz')


def test_what_is_no_file_is_left_alone(home):
    [spec] = load(home / 'small.yaml')
    bare = without_folders(spec.resolved)
    assert bare['learning']['data']['csv']['path'] == 'own.csv'
    assert bare['learning']['data']['csv']['target'] == 'y'
    assert bare['cluster']['topology']['file']['path'] == 'net.csv'
    (home / 'own.csv').unlink()
    assert [path.name for path in input_files(spec.resolved)] == ['net.csv']
    assert all(isinstance(path, Path) for path in input_files(spec.resolved))
