"""The figures of a report as CSV files beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.report.blocks import Section
from analysis.report.study import Study
from analysis.report.tables import Table
from analysis.totals import totals

__all__ = ['data_folder', 'frames', 'save']


def data_folder(out: Path) -> Path:
    """Return where the CSVs of the report *out* lie.

    Examples
    --------
    >>> data_folder(Path('runs/quickstart/report.html')).as_posix()
    'runs/quickstart/report-data'
    """
    return out.with_name(f'{out.stem}-data')


def frames(study: Study, table: Table, sections: list[Section]) -> dict[str, pd.DataFrame]:
    """Return what is to be written, by name: runs, variants, and the data of each figure."""
    found = {'runs': totals([*study.runs, *study.aside]), 'variants': _variants(table)}
    for section in sections:
        found |= {b.key: b.data for b in section.blocks if b.data is not None}
    return found


def save(folder: Path, content: Mapping[str, pd.DataFrame]) -> None:
    """Write *content* as CSV files into *folder*; other CSVs there are of an older report."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob('*.csv'):
        if old.stem not in content:
            old.unlink()
    for name, frame in content.items():
        text = frame.to_csv(index=False, lineterminator='\n', float_format='%.10g')
        (folder / f'{name}.csv').write_text(text, encoding='utf-8', newline='\n')


def _variants(table: Table) -> pd.DataFrame:
    """Return a table of variants with mean, deviation and range of each figure as columns."""
    rows = []
    for _, label, cells in table.rows:
        row: dict[str, object] = {'variant': label}
        for title, cell in zip(table.head, cells, strict=True):
            if cell.estimate is None:
                row[title] = cell.text
                continue
            mean, deviation, low, high, seeds = cell.estimate
            row |= {title: mean, f'{title}, deviation': deviation}
            row |= {f'{title}, least': low, f'{title}, greatest': high, f'{title}, seeds': seeds}
        rows.append(row)
    return pd.DataFrame(rows)
