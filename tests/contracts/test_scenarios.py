"""Every shipped scenario: it asks a question, is short, is right, and its first run begins well."""

from pathlib import Path

import pytest

from simulator.recording import Identity, RunFolder
from simulator.run import execute
from simulator.scenario import RunSpec, load

SCENARIOS = Path(__file__).parents[2] / 'scenarios'
FILES = sorted(SCENARIOS.rglob('*.yaml'))


@pytest.fixture(params=FILES, ids=lambda file: str(file.relative_to(SCENARIOS)))
def file(request):
    """A shipped scenario."""
    return request.param


def test_it_begins_with_a_question_and_is_short(file):
    lines = file.read_text().splitlines()
    assert '?' in load(file)[0].scenario.question
    assert len(lines) <= 40


def test_its_name_is_its_own(file):
    name = load(file)[0].scenario.name
    assert [name] == [load(f)[0].scenario.name for f in FILES if load(f)[0].scenario.name == name]


def test_two_rounds_of_its_first_run(file, tmp_path):
    spec = load(file)[0]
    if spec.scenario.learning is not None:
        spec = RunSpec.of({**spec.resolved, 'stop': {'rounds': 2}})
    identity = Identity('0' * 12, spec.scenario.name, 'base', {}, spec.seed, spec.yaml)
    with RunFolder(tmp_path / 'run').writing(identity) as run:
        summary = run.finish(execute(spec, tmp_path / 'run'))
    assert summary['simulated_seconds'] > 0
    assert summary['rounds'] >= 1
