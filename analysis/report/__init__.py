"""The report: one HTML page that answers the question of a scenario.

It stands alone (no scripts, no resources from elsewhere), opens from disk and offline, reads
on paper and on a phone, and is the same bytes for the same runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.load import DamagedRunError, Loaded, load
from simulator.errors import RunFolderError

__all__ = ['write']


def write(runs: Sequence[Path], out: Path) -> Path:
    """Write the report of *runs*.

    Parameters
    ----------
    runs : sequence of Path
        Run folders, or folders that hold run folders. Variants appear in the order in which
        their first run does.
    out : Path
        The file to write; its folder is made where it is missing.

    Returns
    -------
    Path
        *out*.

    Raises
    ------
    RunFolderError
        If there is no run at all to tell of, or *out* can't be written. Single folders that
        can't be read are listed in the report instead.
    """
    text = _compose(load([Path(folder) for folder in runs]), out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding='utf-8', newline='\n')
    except OSError as error:
        raise RunFolderError(f'{out}: the report cannot be written: {error}') from error
    return out


def _compose(found: Loaded, out: Path) -> str:
    from analysis.report.page import page
    from analysis.report.study import Study

    for run in found.runs:
        try:
            run.check()
        except DamagedRunError as damage:
            found = found.without(damage)
    while found.runs:
        try:
            return page(Study.of(found), out)
        except DamagedRunError as damage:
            # damage inside a page of a table shows only now: tell of the others once more
            found = found.without(damage)
    reasons = '; '.join(f'{skipped.folder}: {skipped.reason}' for skipped in found.skipped)
    raise RunFolderError(f'no run to report on: {reasons or "no folder given"}')
