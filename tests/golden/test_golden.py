"""Whole small runs, their messages and spans compared to the nanosecond and the byte.

After a change that is meant to change them, run `BOSPHORUS_GOLDEN=write .venv/bin/pytest
tests/golden` and read the diff.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

from simulator.execution import execute
from simulator.recording import Identity, RunFolder
from simulator.scenario import load

HERE = Path(__file__).parent
CASES = sorted(HERE.glob('*.yaml'))
TABLES = {
    'messages': ['message', 'source', 'target', 'sent_ns', 'attempt'],
    'spans': ['start_ns', 'device', 'activity', 'end_ns'],
}


@pytest.mark.parametrize('case', CASES, ids=lambda path: path.stem)
def test_a_run_is_what_it_was(case, tmp_path):
    [spec] = load(case)
    identity = Identity('0' * 12, spec.scenario.name, 'base', {}, spec.seed, spec.yaml)
    with RunFolder(tmp_path / 'run').writing(identity) as run:
        run.finish(execute(spec, tmp_path / 'run'))
    for table, order in TABLES.items():
        rows = pd.read_parquet(tmp_path / 'run' / table).sort_values(order, kind='stable')
        text = rows.to_csv(index=False, lineterminator='\n')
        expected = case.with_suffix(f'.{table}.csv')
        if os.environ.get('BOSPHORUS_GOLDEN') == 'write':
            expected.write_text(text)
        assert text == expected.read_text(), f'{expected.name} differs'
