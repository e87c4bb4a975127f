"""What a search set is told with its variants, trials and figure, and only where one was made."""

import json

from analysis.load import load
from analysis.report.study import Study
from analysis.report.tuned import tuned_evidence


def test_what_was_tuned_is_told(make_training, tmp_path):
    rates = {'SGD': 1.1399, 'Adam': 0.0312}
    for name, rate in rates.items():
        folder = make_training(tmp_path / name, name, 1, workers=2)
        manifest = json.loads((folder / 'manifest.json').read_text())
        manifest['tuned'] = {
            'minimize': 'time_to_target',
            'trials': 27,
            'values': {f'learning.optimizer.{name.lower()}.rate': rate, 'learning.batch': 8},
        }
        (folder / 'manifest.json').write_text(json.dumps(manifest))
    [sentence] = tuned_evidence(Study.of(load(tmp_path)))
    told = sentence.striptags()
    assert 'each variant was tuned for the least time to the target' in told
    assert '27 trials each' in told
    assert 'SGD rate 1.14, batch 8' in told and 'Adam rate 0.0312, batch 8' in told


def test_nothing_is_told_where_nothing_was_tuned(make_training, tmp_path):
    make_training(tmp_path / 'a', 'a', 1, workers=2)
    assert tuned_evidence(Study.of(load(tmp_path))) == []
