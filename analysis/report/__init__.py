"""The report: one page that answers the question of a scenario, and its figures as CSVs.

The HTML page stands alone (no resources from elsewhere), opens from disk and offline, reads on
paper, on a phone and without its script, and is the same bytes for the same runs. As Markdown, its
pictures lie beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.load import DamagedRunError, Loaded, load
from simulator.errors import RunFolderError

if TYPE_CHECKING:
    from analysis.report.page import Format, Page

__all__ = ['write']


def write(runs: Sequence[Path], out: Path, *, form: Format = 'html') -> Path:
    """Write the report of *runs*.

    Parameters
    ----------
    runs : sequence of Path
        Run folders, or folders that hold run folders. Variants appear in the order in which
        their first run does.
    out : Path
        The file to write; its folder is made where it is missing. Beside it, in `<stem>-data`, go
        CSV files: `runs`, `variants`, and one a figure.
    form : {'html', 'md'}

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
    page = _compose(load([Path(folder) for folder in runs]), out, form)
    try:
        _save(page, out)
    except OSError as error:
        raise RunFolderError(f'{out}: the report cannot be written: {error}') from error
    return out


def _save(page: Page, out: Path) -> None:
    from analysis.figures.svg import alone
    from analysis.report.data import data_folder, save

    out.parent.mkdir(parents=True, exist_ok=True)
    save(data_folder(out), page.data)
    for name, picture in page.pictures.items():
        path = data_folder(out) / f'{name}.svg'
        path.write_text(alone(picture), encoding='utf-8', newline='\n')
    out.write_text(page.text, encoding='utf-8', newline='\n')


def _compose(found: Loaded, out: Path, form: Format) -> Page:
    from analysis.report.page import page
    from analysis.report.study import Study

    found = found.checked()
    while found.runs:
        try:
            return page(Study.of(found), out, form)
        except DamagedRunError as damage:
            # damage inside a page of a table shows only now: tell of the others once more
            found = found.without(damage)
    reasons = '; '.join(f'{skipped.folder}: {skipped.reason}' for skipped in found.skipped)
    raise RunFolderError(f'no run to report on: {reasons or "no folder given"}')
