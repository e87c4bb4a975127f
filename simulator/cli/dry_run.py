"""`bosphorus run --dry-run`: what would be run, how long it takes, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.scenario import RunSpec
    from simulator.sweep import Job
    from simulator.sweep.estimate import Estimate

__all__ = ['show_plan', 'trials_of']

MOST_SHOWN = 40


def trials_of(loaded: Sequence[Sequence[RunSpec]]) -> list[tuple[int, float]]:
    """Return how many trials the searches of scenarios have, rung by rung, and their share."""
    from simulator.sweep.search import rungs_of

    return [rung for specs in loaded for rung in rungs_of(specs)]


def show_plan(
    jobs: Sequence[Job],
    processes: int,
    *,
    as_json: bool,
    trials: Sequence[tuple[int, float]] = (),
) -> None:
    """Print the runs of a sweep with an estimate of time and disk; nothing is kept.

    Runs that are finished already count for nothing. Of the others one a kind is begun and
    stopped after a second or two. Trials of a search are taken to last as long as the mean run,
    for their share of it.

    Parameters
    ----------
    jobs : sequence of Job
        Plug-ins they need are installed.
    processes : int
    as_json : bool
    trials : sequence of (int, float)
        Trials of searches, and their share of a run.
    """
    from simulator.execution import execute
    from simulator.recording import RunFolder
    from simulator.sweep.estimate import estimate, total_seconds

    todo = [job for job in jobs if RunFolder(job.folder).result(job.identity.id) is None]
    known = dict(zip([job.folder for job in todo], estimate(todo, execute), strict=True))
    seconds = total_seconds(list(known.values()), processes)
    disk = _sum([each.bytes for each in known.values()])
    if as_json:
        runs = [_described(job, known.get(job.folder)) for job in jobs]
        found = {'runs': runs, 'seconds': seconds, 'bytes': disk, 'trials': _count(trials)}
        click.echo(json.dumps(found))
        return
    _show(jobs, known)
    done = len(jobs) - len(todo)
    click.echo(
        f'{len(jobs)} runs, {done} finished before; about {_time(seconds)} in '
        f'{processes} process{"es" if processes > 1 else ""}, {_size(disk)} on disk'
    )

    if trials:
        whole = sum(count * share for count, share in trials)
        mean = seconds / len(todo) if seconds and todo else None
        click.echo(
            f'before that, {_count(trials)} trials of the search, about as long as '
            f'{whole:.3g} runs ({_time(whole * mean if mean else None)})'
        )


def _count(trials: Sequence[tuple[int, float]]) -> int:
    return sum(count for count, _ in trials)


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
        **job.described,
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
