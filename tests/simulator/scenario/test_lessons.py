"""How a run is taught: rates, limits, early stopping, batches; the user's own files."""

import numpy as np
import pytest
from click.testing import CliRunner

from simulator.cli import main
from simulator.errors import ScenarioError
from simulator.execution import build_cluster, build_experiment, build_learning, execute
from simulator.learning.profiles import PROFILES
from simulator.recording import Identity, Recorder, RunFolder
from simulator.scenario.known import facts_of
from simulator.seeds import Seeds


@pytest.fixture
def train(runs, tmp_path):
    """Run the small scenario with changes; return its final parameters and its figures."""

    def run(*sets):
        scenario = runs(sets=list(sets))[0].scenario
        folder = tmp_path / f'run-{len(list(tmp_path.iterdir()))}'
        with Recorder(folder, scenario.record) as recorder:
            cluster = build_cluster(scenario, Seeds(scenario.seed), recorder)
            learning = build_learning(scenario, len(cluster.workers))
            experiment = build_experiment(scenario, cluster, recorder, learning)
            scenario.training(experiment)
            experiment.finish()
            summary = experiment.scoreboard.summary()
        return experiment.scoreboard.parameters, summary

    return run


KINDS = [
    'parameter_server',
    'all_reduce',
    '{parameter_server: {local_steps: 2}}',
    '{all_reduce: {local_steps: 2}}',
    'gossip',
]


@pytest.mark.parametrize('kind', KINDS)
def test_a_schedule_acts_wherever_the_optimizer_does(train, kind):
    # half the rate from the first round on is half the rate
    halved = '{step: {every: 1e-9, factor: 1.0}}'
    same, _ = train(f'training={kind}', f'learning.schedule={halved}')
    plain, _ = train(f'training={kind}')
    assert (same == plain).all()
    slow, _ = train(f'training={kind}', 'learning.schedule={warm_up: {rounds: 1000}}')
    assert (slow != plain).any()


def test_warming_up_over_many_rounds_is_a_small_rate(train):
    warm, _ = train('stop={rounds: 1}', 'learning.schedule={warm_up: {rounds: 4}}')
    small, _ = train('stop={rounds: 1}', 'learning.optimizer.sgd.rate=0.025')
    assert warm == pytest.approx(small)


def test_max_norm_bounds_what_is_learned(train):
    found, _ = train('learning.regularization={max_norm: 0.3}')
    weights = found[:640].reshape(64, 10)
    assert np.linalg.norm(weights, axis=0).max() <= 0.3 * (1 + 1e-6)


def test_early_stopping_keeps_the_best(train):
    options = ['stop={rounds: 60}', 'evaluate={every: 1 rounds}']
    diverging = 'learning.optimizer={sgd: {rate: 30.0}}'
    _, summary = train(*options, diverging, 'learning.validation={share: 0.2, patience: 3}')
    assert summary['rounds'] == summary['best_round'] + 3 < 60
    _, patient = train(*options, diverging, 'learning.validation={share: 0.2}')
    assert patient['rounds'] == 60
    assert patient['val_loss'] <= summary['val_loss']


def test_the_last_parameters_may_be_kept_instead(train):
    options = ['stop={rounds: 60}', 'evaluate={every: 1 rounds}']
    options.append('learning.optimizer={sgd: {rate: 30.0}}')
    best, told = train(*options, 'learning.validation={share: 0.2}')
    last, of_last = train(*options, 'learning.validation={share: 0.2, keep: last}')
    plain, _ = train(*options, 'learning.validation={share: 0.2, patience: 99, keep: last}')
    assert (last == plain).all()
    assert (last != best).any()
    assert told['best_round'] == of_last['best_round'] < 60
    assert told['test_loss'] < of_last['test_loss']


NORMED = '{mlp: {hidden: [6], batch_norm: true}}'


def test_a_run_may_start_where_another_ended_with_its_running_statistics(runs, tmp_path):
    [first] = runs(sets=[f'learning.model={NORMED}'])
    ended = execute(first, claimed(tmp_path / 'first'))
    sets = [f'learning.model={NORMED}', f'learning.start={tmp_path}/first/model.npz']
    learning = build_learning(runs(sets=sets)[0].scenario, 4)
    again = learning.evaluate(learning.initial)
    assert (again.loss, again.accuracy) == (ended['test_loss'], ended['test_accuracy'])
    assert (learning.statistics() != learning.model.statistics).any()


def test_only_a_model_of_the_same_shape_is_started_from(runs, tmp_path):
    file = tmp_path / 'model.npz'
    sets = [f'learning.model={NORMED}', f'learning.start={file}']
    of_another = {'parameters': np.zeros(650, np.float32)}
    half = {'parameters': np.zeros(472, np.float32), 'statistics': np.zeros(3, np.float32)}
    for arrays, message in (
        ({'weights': np.zeros(3)}, 'holds no parameters'),
        (of_another, 'holds 650 parameters, where the model has 472'),
        (half, 'holds 3 statistics, where the model has 12'),
    ):
        np.savez(file, **arrays)
        with pytest.raises(ScenarioError, match=message):
            runs(sets=sets)
    for junk in (b'PK\x03\x04 cut off', b'junk', b''):
        file.write_bytes(junk)
        with pytest.raises(ScenarioError, match=r'learning.start.*no numpy archive'):
            runs(sets=sets)
    file.unlink()
    with pytest.raises(ScenarioError, match=r'learning.start.*No such file'):
        runs(sets=sets)


def claimed(folder):
    """Return a run's folder as a sweep would hand it out."""
    with RunFolder(folder).writing(Identity('0' * 12, 'small', '', {}, 0, 'name: small')):
        return folder


def test_batches_differ_by_worker(runs):
    [spec] = runs(sets=['learning.batch={0..1: 8, 3: full}', 'stop={epochs: 1}', 'stop.rounds='])
    learning = build_learning(spec.scenario, 4)
    assert [learning.batch(worker) for worker in range(4)] == [8, 8, 32, 360]
    assert facts_of(spec.scenario).rounds == 4  # 1442 samples, 408 a round


def test_a_name_stands_for_a_profile(runs):
    facts = facts_of(runs(sets=['learning.stands_for=resnet50'])[0].scenario)
    assert facts.scale.bytes * 650 == pytest.approx(25_557_032)
    assert facts.scale.stages == PROFILES['resnet50']().stages
    given = facts_of(
        runs(sets=['learning.stands_for={profile: resnet50, parameters: 650}'])[0].scenario
    )
    assert given.scale.bytes == 1
    assert given.scale.flops == facts.scale.flops


TABLES = {
    'ragged': ('a,kind\n1,x\n2\n', ':3: 1 cells where the header has 2'),
    'empty': ('a,kind\n1,x\n,y\n', ":3: column 'a' is empty; set `missing` to drop or mean"),
    'nan': ('a,kind\n1,x\nnan,y\n', ":3: column 'a' is empty; set `missing` to drop or mean"),
    'alone': ('a,kind\n' + '1,x\n' * 12, 'nothing to tell apart'),
}


@pytest.mark.parametrize('name', TABLES)
def test_bad_tables_are_told_of_with_line_and_remedy(small, tmp_path, name):
    table, message = TABLES[name]
    (tmp_path / 'bad.csv').write_text(table)
    said = refused(small, tmp_path, 'csv: {path: bad.csv, target: kind}')
    assert said.startswith(f'{tmp_path}/run.yaml:8:10: error: learning.data.csv: ')
    assert message in said


def test_bad_arrays_are_told_of(small, tmp_path):
    (tmp_path / 'images').write_bytes(b'\x89PNG' + bytes(20))
    (tmp_path / 'labels').write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 0, 5]))
    options = 'images: images, labels: labels'
    assert 'no IDX file: it begins with 89 50 4e 47' in refused(
        small, tmp_path, f'idx: {{{options}}}'
    )
    np.savez(tmp_path / 'gap.npz', inputs=np.zeros((4, 2)), targets=np.array([0, 1, 5, 5]))
    assert 'classes must be numbered 0, 1' in refused(small, tmp_path, 'npz: {path: gap.npz}')


def refused(small, folder, data):
    """Return what `check` and `run` both say of the small scenario with other data."""
    file = folder / 'run.yaml'
    file.write_text(small.replace('data: digits', f'data: {{{data}}}'))
    results = [
        CliRunner().invoke(main, ['check', str(file)]),
        CliRunner().invoke(main, ['run', str(file), '--out', str(folder / 'runs')]),
    ]
    assert [result.exit_code for result in results] == [2, 2]
    assert results[0].stderr == results[1].stderr
    return results[0].stderr


def test_hospitals_keep_their_patients(small, tmp_path):
    rows = [f'{k % 7},{k % 2},{"ABCD"[k % 4]}' for k in range(60)]
    (tmp_path / 'wards.csv').write_text('\n'.join(['a,kind,ward', *rows]))
    data = '{csv: {path: wards.csv, target: kind, drop: [ward]}}'
    partition = '\n  partition: {column: {name: ward}}'
    file = tmp_path / 'run.yaml'
    file.write_text(small.replace('data: digits', f'data: {data}{partition}'))
    assert CliRunner().invoke(main, ['check', str(file)]).exit_code == 0
    file.write_text(file.read_text().replace('name: ward', 'name: wart'))
    said = CliRunner().invoke(main, ['check', str(file)]).stderr
    assert "learning.partition.column: these data have no column 'wart', did you mean" in said
