"""`bosphorus run --dry-run`: what would be run, how long it takes, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.sweep import Job
    from simulator.sweep.estimate import Estimate

__all__ = ['show_plan']

MOST_SHOWN = 40


def show_plan(
    jobs: Sequence[Job], plugins: Sequence[Path], processes: int, *, as_json: bool
) -> None:
    """Print the runs of a sweep with an estimate of time and disk; nothing is kept.

    Runs that are finished already count for nothing. Of the others one a kind is begun and
    stopped after a second or two.
    """
    from simulator.recording import RunFolder
    from simulator.run import execute
    from simulator.sweep.estimate import estimate, total_seconds
    from simulator.sweep.plan import plugged

    todo = [job for job in jobs if RunFolder(job.folder).result(job.identity.id) is None]
    with plugged(plugins):
        known = dict(zip([job.folder for job in todo], estimate(todo, execute), strict=True))
    seconds = total_seconds(list(known.values()), processes)
    disk = _sum([each.bytes for each in known.values()])
    if as_json:
        runs = [_described(job, known.get(job.folder)) for job in jobs]
        click.echo(json.dumps({'runs': runs, 'seconds': seconds, 'bytes': disk}))
        return
    _show(jobs, known)
    done = len(jobs) - len(todo)
    click.echo(
        f'{len(jobs)} runs, {done} finished before; about {_time(seconds)} in '
        f'{processes} process{"es" if processes > 1 else ""}, {_size(disk)} on disk'
    )


def _show(jobs: Sequence[Job], known: dict[Path, Estimate]) -> None:
    from simulator.cli.tables import show_table
    from simulator.cli.watch import label

    rows = []
    for job in jobs[:MOST_SHOWN]:
        found = known.get(job.folder)
        cells = ['finished before', '', ''] if found is None else ['to do', *_cells(found)]
        rows.append([job.identity.scenario, label(job), job.identity.id, *cells])
    show_table(['scenario', 'run', 'id', 'state', 'time', 'disk'], rows)
    if len(jobs) > MOST_SHOWN:
        click.echo(f'... and {len(jobs) - MOST_SHOWN} more')


def _cells(found: Estimate) -> list[str]:
    return [_time(found.seconds), _size(found.bytes)]


def _described(job: Job, found: Estimate | None) -> dict[str, Any]:
    return {
        'variant': job.identity.variant,
        'id': job.identity.id,
        'folder': str(job.folder),
        'vary': dict(job.identity.vary),
        'finished': found is None,
        'seconds': found.seconds if found else None,
        'bytes': found.bytes if found else None,
    }


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _time(seconds: float | None) -> str:
    if seconds is None:
        return 'unknown'
    if seconds < 120:
        return f'{seconds:.3g} s'
    return f'{seconds / 60:.3g} min' if seconds < 7200 else f'{seconds / 3600:.3g} h'


def _size(size: float | None) -> str:
    from simulator.units import Bytes, format_quantity

    return 'unknown' if size is None else format_quantity(float(size), Bytes, digits=3)
