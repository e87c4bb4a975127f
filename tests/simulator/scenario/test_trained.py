"""Runs that follow others: models kept in run folders, begun with or learned from."""

from pathlib import Path

import numpy as np
import pytest

from simulator.errors import DataError
from simulator.execution import execute
from simulator.recording import Identity, RunFolder
from simulator.scenario import RunSpec
from simulator.scenario.inputs import input_files
from simulator.scenario.kept import kept_model, read_model
from simulator.scenario.trained import Trained
from simulator.traces import read_manifest

TEXT = {'text': {'length': 12, 'vocabulary': 30, 'samples': 120}}


def spec_of(seed=0, data=TEXT, model='rnn', **learning):
    section = {'data': data, 'model': model, 'optimizer': 'sgd', 'batch': 4, **learning}
    return RunSpec.of(
        {
            'name': 'chain',
            'seed': seed,
            'stop': {'rounds': 2},
            'cluster': {'topology': {'star': {'workers': 2}}},
            'learning': section,
            'training': 'all_reduce',
        }
    )


def done(folder: Path, spec) -> Path:
    identity = Identity('0' * 12, 'chain', 'base', {}, spec.seed, spec.yaml)
    with RunFolder(folder).writing(identity) as run:
        run.finish(execute(spec, folder))
    return folder


def test_a_folder_of_runs_stands_for_the_one_with_the_same_seed(tmp_path):
    for seed in (1, 2):
        done(tmp_path / 'runs' / f'seed {seed}', spec_of(seed))
    one, two = (tmp_path / 'runs' / f'seed {seed}' / 'model.npz' for seed in (1, 2))
    assert kept_model(tmp_path / 'runs', 2) == two
    assert kept_model(one.parent, 2) == kept_model(one, 2) == one
    with pytest.raises(DataError, match='2 runs, none with seed 3'):
        kept_model(tmp_path / 'runs', 3)
    done(tmp_path / 'runs' / 'again', spec_of(1))
    with pytest.raises(DataError, match='2 runs with seed 1; name one of again, seed 1'):
        kept_model(tmp_path / 'runs', 1)


def test_a_folder_without_runs_is_told_of(tmp_path):
    with pytest.raises(DataError, match='holds no finished run'):
        kept_model(tmp_path, 0)


def test_a_run_begins_with_the_layers_that_fit(tmp_path):
    first = done(tmp_path / 'first', spec_of(data={'text': {**TEXT['text'], 'ask': 'masked'}}))
    topics = {'text': {**TEXT['text'], 'ask': 'topic', 'topics': 3}}
    spec = spec_of(data=topics, start=str(first), start_layers='fitting')
    second = done(tmp_path / 'second', spec)
    assert read_manifest(second)['start']['layers'] == ['1-embedding', '2-rnn']
    assert input_files(spec.resolved) == [first / 'model.npz']


def test_a_run_of_another_model_is_refused(tmp_path):
    first = done(tmp_path / 'first', spec_of())
    with pytest.raises(DataError, match=r'learning\.start: holds 4030 parameters, where the model'):
        execute(spec_of(model='lstm', start=str(first)), done(tmp_path / 'other', spec_of()))


def test_a_teacher_is_a_run(tmp_path):
    first = done(tmp_path / 'first', spec_of())
    teacher = Trained.of(first, 0)
    assert teacher.parameters.shape == (teacher.model.dimension,)
    assert teacher.data.vocabulary == tuple(read_model(first / 'model.npz')['vocabulary'])
    student = spec_of(model={'rnn': {'hidden': [8]}}, distillation={'teacher': str(first)})
    second = done(tmp_path / 'second', student)
    assert Trained.of(second, 0).model.dimension < teacher.model.dimension
    assert np.isfinite(read_model(second / 'model.npz')['parameters']).all()


@pytest.mark.parametrize(
    ('options', 'message'),
    [({'length': 10}, 'was trained for Task'), ({'lower': False}, 'was trained on another')],
)
def test_a_teacher_of_other_data_is_refused(tmp_path, options, message):
    first = done(tmp_path / 'first', spec_of())
    data = {'text': {**TEXT['text'], **options}}
    spec = spec_of(data=data, distillation={'teacher': str(first)})
    with pytest.raises(DataError, match=rf'learning\.distillation\.teacher: {message}'):
        execute(spec, done(tmp_path / 'second', spec_of()))


def test_a_teacher_without_its_scenario_is_refused(tmp_path):
    first = done(tmp_path / 'first', spec_of())
    (first / 'scenario.yaml').unlink()
    with pytest.raises(DataError, match=r'scenario\.yaml is no scenario'):
        Trained.of(first, 0)
