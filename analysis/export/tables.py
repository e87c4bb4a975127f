"""The tables of a run as CSV."""

from __future__ import annotations

from pathlib import Path

from analysis.export.files import replacing
from analysis.load import Run
from simulator import traces

__all__ = ['write_tables']


def write_tables(run: Run, folder: Path) -> list[Path]:
    """Write each table of *run* that was recorded to *folder*, one CSV file a table.

    Columns are those of `simulator.traces.TABLES`, times in nanoseconds. Tables are read and
    written piece by piece, so that large ones need little memory.

    Parameters
    ----------
    run : Run
    folder : Path
        Made where it is missing; files in it of the same name are replaced.

    Returns
    -------
    list of Path
        The files, in the order of the declaration.

    Raises
    ------
    DamagedRunError
        If a table can't be read.
    RunFolderError
        If a file can't be written.
    """
    written = []
    for table in traces.TABLES:
        if not traces.part_paths(run.folder, table):
            continue
        path = folder / f'{table}.csv'
        with replacing(path) as temporary, temporary.open('w', newline='', encoding='utf-8') as out:
            for number, frame in enumerate(run.batches(table)):
                frame.to_csv(out, index=False, header=number == 0, lineterminator='\n')
        written.append(path)
    return written
