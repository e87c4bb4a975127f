"""The search of `bosphorus run`: what is tuned before it is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.catalogue import Plugin
    from simulator.errors import Problem
    from simulator.scenario import RunSpec
    from simulator.sweep import Job, Outcome

__all__ = ['tune']


def tune(
    specs: list[RunSpec],
    out: Path,
    plugins: Sequence[Plugin],
    do: Callable[[list[Job]], list[Outcome]],
) -> list[RunSpec]:
    """Return the runs of a scenario, each with the best setting that its search has found.

    Trials are runs like all others, in a hidden folder beside those that are compared: what is
    finished is not done again, and what does not fit together is not begun. What was tried is
    written to `search.csv`.

    Parameters
    ----------
    specs : list of RunSpec
        The runs of one scenario.
    out : Path
    plugins : sequence of Plugin
        What is installed.
    do : callable
        Does jobs; returns their outcomes in the same order.

    Raises
    ------
    ScenarioError
        If what was found for a run does not fit together with the rest of it.
    """
    from simulator.errors import ScenarioError
    from simulator.sweep.plan import plan
    from simulator.sweep.search import FOLDER, tuned, write_trials

    if all(spec.search is None for spec in specs):
        return specs
    home = out / specs[0].scenario.name

    def tried(runs: list[RunSpec]) -> list[Outcome]:
        jobs = [plan([run], home / FOLDER, plugins)[0] for run in runs]
        unique = {job.folder: job for job in jobs}
        click.echo(f'search: {len(unique)} trials', err=True)
        refused = list(_refused(unique.values()))
        left = unique.keys() - {outcome.job.folder for outcome in refused}
        done = do([job for folder, job in unique.items() if folder in left])
        outcomes = {outcome.job.folder: outcome for outcome in (*refused, *done)}
        return [outcomes[job.folder] for job in jobs]

    found, log = tuned(specs, tried)
    write_trials(home / 'search.csv', log)
    for variant, setting in dict.fromkeys((s.variant, _told(s)) for s in found if s.tuned):
        click.echo(f'tuned: {variant}: {setting}', err=True)
    if wrong := [problem for spec in found if spec.tuned for problem in _misfits(spec)]:
        raise ScenarioError(wrong)
    return found


def _refused(jobs: Iterable[Job]) -> Iterator[Outcome]:
    """Yield the outcomes of trials that a check of the whole run refuses; people are told."""
    from simulator.sweep import Outcome

    for job in jobs:
        if wrong := '; '.join(map(str, _misfits(job.spec))):
            click.echo(wrong, err=True)
            yield Outcome.failure(job, wrong)


def _misfits(spec: RunSpec) -> Iterator[Problem]:
    """Yield what does not fit together in a run with a setting that no file has been read with."""
    from simulator.catalogue import dotted
    from simulator.errors import Problem
    from simulator.scenario.checks import check

    setting = _listed({**spec.vary, **spec.tuned})
    for fault in check(spec.scenario):
        yield Problem(fault.message, dotted(fault.place), f'search: {spec.variant}: {setting}')


def _told(spec: RunSpec) -> str:
    varied = [f'{key}={value}' for key, value in spec.cell.items()]
    where = f' where {", ".join(varied)}' if varied else ''
    return _listed(spec.tuned) + where


def _listed(values: Mapping[str, Any]) -> str:
    return ', '.join(f'{key} = {_short(value)}' for key, value in values.items())


def _short(value: object) -> str:
    return f'{value:.4g}' if isinstance(value, float) else str(value)
