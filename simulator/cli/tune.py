"""The search of `bosphorus run`: what is tuned before it is compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simulator.catalogue import Plugin
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
    finished is not done again. What was tried is written to `search.csv`.

    Parameters
    ----------
    specs : list of RunSpec
        The runs of one scenario.
    out : Path
    plugins : sequence of Plugin
        What is installed.
    do : callable
        Does jobs; returns their outcomes in the same order.
    """
    from simulator.sweep.plan import plan
    from simulator.sweep.search import FOLDER, tuned, write_trials

    if all(spec.search is None for spec in specs):
        return specs
    home = out / specs[0].scenario.name

    def tried(runs: list[RunSpec]) -> list[Outcome]:
        jobs = [plan([run], home / FOLDER, plugins)[0] for run in runs]
        unique = list({job.folder: job for job in jobs}.values())
        click.echo(f'search: {len(unique)} trials', err=True)
        outcomes = {outcome.job.folder: outcome for outcome in do(unique)}
        return [outcomes[job.folder] for job in jobs]

    found, log = tuned(specs, tried)
    write_trials(home / 'search.csv', log)
    for variant, setting in dict.fromkeys((s.variant, _told(s)) for s in found if s.tuned):
        click.echo(f'tuned: {variant}: {setting}', err=True)
    return found


def _told(spec: RunSpec) -> str:
    varied = [f'{key}={value}' for key, value in spec.cell.items()]
    where = f' where {", ".join(varied)}' if varied else ''
    return ', '.join(f'{key} = {_short(value)}' for key, value in spec.tuned.items()) + where


def _short(value: object) -> str:
    return f'{value:.4g}' if isinstance(value, float) else str(value)
