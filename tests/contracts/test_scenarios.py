"""Every shipped scenario: it asks a question, is short, is right, and its first run begins well."""

from functools import cache
from os.path import relpath
from pathlib import Path

import pytest

from simulator.execution import execute
from simulator.recording import Identity, RunFolder
from simulator.scenario import RunSpec, load
from simulator.sweep.plan import plugged
from simulator.training import TIMELESS

SCENARIOS = Path(__file__).parents[2] / 'scenarios'
FILES = sorted(SCENARIOS.rglob('*.yaml'))
SCHEMA = SCENARIOS / 'scenario.schema.json'


@cache  # each file is checked once
def runs(file):
    with plugged(own(file)):
        return load(file)


def own(file):
    """Return the plug-in that a scenario comes with: the file of its name."""
    return [each for each in (file.with_suffix('.py'),) if each.exists()]


@pytest.fixture(params=FILES, ids=lambda file: str(file.relative_to(SCENARIOS)))
def file(request):
    """A shipped scenario."""
    return request.param


def test_it_names_the_schema_then_asks_a_question_and_is_short(file):
    lines = file.read_text().splitlines()
    schema = relpath(SCHEMA, file.parent)
    assert lines[0] == f'# yaml-language-server: $schema={schema}'
    assert lines[1].startswith('# ')
    assert '?' in runs(file)[0].scenario.question
    assert len(lines) <= 40


def test_its_name_is_its_own(file):
    names = [runs(each)[0].scenario.name for each in FILES]
    assert names.count(runs(file)[0].scenario.name) == 1


def test_two_rounds_of_its_first_run(file, tmp_path):
    spec = runs(file)[0]  # which installs the plug-in by itself, and takes it away
    with plugged(own(file)):
        _two_rounds(spec, tmp_path)


def _two_rounds(spec, tmp_path):
    timeless = spec.scenario.training.name in TIMELESS
    if timeless:
        few = {'training': {'resilience': {**spec.resolved['training']['resilience'], 'draws': 2}}}
        spec = RunSpec.of({**spec.resolved, **few})
    elif spec.scenario.learning is not None:
        spec = RunSpec.of({**spec.resolved, 'stop': {'rounds': 2}})
    identity = Identity('0' * 12, spec.scenario.name, 'base', {}, spec.seed, spec.yaml)
    with RunFolder(tmp_path / 'run').writing(identity) as run:
        summary = run.finish(execute(spec, tmp_path / 'run'))
    assert (summary['simulated_seconds'] > 0) is not timeless
    assert summary['rounds'] >= 1
