"""`summary.csv`: one row a run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simulator.recording.files import write_text
from simulator.sweep.job import Outcome
from simulator.traces import SUMMARY

__all__ = ['rows_of', 'write_summaries']


def write_summaries(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write `summary.csv` of a sweep: a row a run, in the order of the scenario.

    Columns: variant, the varied keys, seed, id, then the keys of `simulator.traces.SUMMARY`.
    What does not apply is empty.
    """
    rows = rows_of(outcomes)
    # a run without a varied key leaves its cell empty
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    table = csv.DictWriter(text, _in_order(names), lineterminator='\n')
    table.writeheader()
    table.writerows(rows)
    write_text(path, text.getvalue())


def rows_of(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return the rows of `summary.csv`, one an outcome, as mappings of column to cell."""
    return [_row(outcome) for outcome in outcomes]


def _row(outcome: Outcome) -> dict[str, Any]:
    which = outcome.job.identity
    row = {'variant': which.variant, **which.vary, 'seed': which.seed, 'id': which.id}
    for key in SUMMARY:
        value = outcome.summary.get(key)
        if key == 'predicted':
            row |= {f'predicted.{name}': cell for name, cell in (value or {}).items()}
        else:
            row[key] = value
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: Any) -> Any:
    """Return a value as a cell: what is no number or text becomes compact JSON."""
    if isinstance(value, (Mapping, list, tuple, bool)):
        return json.dumps(value, separators=(',', ':'), default=str)
    return value


def _in_order(names: Sequence[str]) -> list[str]:
    """Return what tells the runs apart before their figures, whichever run named it first."""
    figures = {'id', *SUMMARY} | {name for name in names if name.startswith('predicted.')}
    varied = [name for name in names if name not in figures and name not in {'variant', 'seed'}]
    predicted = sorted(name for name in names if name.startswith('predicted.'))
    return ['variant', *varied, 'seed', 'id', *(k for k in SUMMARY if k != 'predicted'), *predicted]
