"""`bosphorus run`: scenarios in, runs and a report out."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.catalogue import Plugin
    from simulator.scenario import RunSpec
    from simulator.sweep import Elsewhere, Job, Outcome

__all__ = ['outcomes_of', 'run']

FILE = click.Path(path_type=Path)


@click.command()
@click.argument('scenarios', metavar='SCENARIO...', nargs=-1, required=True, type=FILE)
@click.option('--set', 'sets', multiple=True, metavar='KEY=VALUE', help='Set a key of each run.')
@click.option('--seed', type=click.IntRange(min=0), help='The same as --set seed=N.')
@click.option(
    '--out', type=FILE, default=Path('runs'), show_default=True, help='Folder for the results.'
)
@click.option(
    '--jobs', type=click.IntRange(min=1), default=1, show_default=True, help='Processes to use.'
)
@click.option(
    '--on', 'address', metavar='ADDRESS', help='Use the Dask cluster there: tcp://scheduler:8786.'
)
@click.option(
    '--plugin', 'plugins', multiple=True, metavar='FILE.py', type=FILE, help='Entries of your own.'
)
@click.option('--dry-run', is_flag=True, help='Say what would be run, and what it takes.')
@click.option('--no-report', is_flag=True, help='Leave the report out.')
@click.option('--json', 'as_json', is_flag=True, help='Print one JSON object on stdout.')
def run(
    scenarios: tuple[Path, ...],
    sets: tuple[str, ...],
    seed: int | None,
    out: Path,
    jobs: int,
    address: str | None,
    plugins: tuple[Path, ...],
    dry_run: bool,
    no_report: bool,
    as_json: bool,
) -> None:
    """Run each SCENARIO and write a report of what came out.

    Runs that are finished already are not done again: an interrupted command goes on where it
    stopped when it is given once more. Exit code 0: all is well; 1: a run failed; 2: the
    command or a scenario is wrong; 130: interrupted.
    """
    from functools import partial

    from simulator.cli.dry_run import show_plan, trials_of
    from simulator.cli.tune import tune
    from simulator.recording.files import make_folder
    from simulator.sweep.plan import plugged

    if address is not None and jobs > 1:
        raise click.UsageError('--jobs are processes here, --on is elsewhere: give one of them')
    with plugged(plugins) as installed:
        loaded = _loaded(scenarios, sets, seed)
        planned = _planned(loaded, out, installed)
        if dry_run:
            show_plan(planned, jobs, as_json=as_json, trials=trials_of(loaded))
            return
        for home in dict.fromkeys(map(_home, planned)):
            make_folder(home)
        do = partial(outcomes_of, processes=jobs, address=address, plugins=plugins)
        loaded = [tune(specs, out, installed, do) for specs in loaded]
        outcomes = do(_planned(loaded, out, installed))
    by_scenario = _by_scenario(outcomes)
    for home, own in by_scenario.items():
        _write_table(home, own)
    report = None if no_report else _write_reports(by_scenario, out)
    if as_json:
        click.echo(json.dumps(_described(report, outcomes), ensure_ascii=False, allow_nan=False))
    else:
        click.echo(report or (out if len(by_scenario) > 1 else next(iter(by_scenario))))
    if any(outcome.status == 'failed' for outcome in outcomes):
        sys.exit(1)


def _loaded(
    scenarios: Sequence[Path], sets: Sequence[str], seed: int | None
) -> list[list[RunSpec]]:
    """Return the runs of all scenarios; nothing is written if any of them is wrong."""
    from simulator.errors import Problem, ScenarioError
    from simulator.scenario import load

    wrong: list[Problem] = []
    loaded = []
    for path in scenarios:
        try:
            loaded.append(load(path, sets=sets, seed=seed))
        except ScenarioError as error:
            wrong += error.problems
    if wrong:
        raise ScenarioError(wrong)
    return loaded


def _planned(loaded: list[list[RunSpec]], out: Path, installed: Sequence[Plugin]) -> list[Job]:
    """Return the jobs of all scenarios, those that are the same once."""
    from simulator.sweep.plan import plan

    jobs = [job for specs in loaded for job in plan(specs, out, installed)]
    return list({job.folder: job for job in jobs}.values())


def outcomes_of(
    jobs: list[Job],
    *,
    processes: int,
    address: str | None,
    plugins: Sequence[Path],
    told: bool = True,
) -> list[Outcome]:
    """Do the runs, with people watching on stderr if they are to be *told*."""
    from contextlib import nullcontext
    from functools import partial

    from rich.console import Console

    from simulator.cli.watch import print_results, watching
    from simulator.execution import execute
    from simulator.sweep import Watcher, sweep
    from simulator.sweep.plan import plugged

    console = Console(stderr=True, quiet=not told)
    prepare = partial(plugged, plugins)
    with watching(console, len(jobs)) if told else nullcontext(Watcher()) as watcher:
        outcomes = sweep(
            jobs,
            execute,
            processes=processes,
            watcher=watcher,
            prepare=prepare,
            elsewhere=_elsewhere(address, plugins),
        )
    if told and console.is_terminal:
        print_results(console, outcomes)
    return outcomes


def _elsewhere(address: str | None, plugins: Sequence[Path]) -> Elsewhere | None:
    """Return what does runs on the cluster at *address*; None for here."""
    if address is None:
        return None
    from functools import partial

    from simulator.sweep.remote import distribute

    return partial(distribute, address=address, plugins=plugins)


def _home(job: Job) -> Path:
    """Return the folder of the job's scenario."""
    return job.folder.parent.parent


def _by_scenario(outcomes: Sequence[Outcome]) -> dict[Path, list[Outcome]]:
    found: dict[Path, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(_home(outcome.job), []).append(outcome)
    return found


def _write_table(home: Path, outcomes: Sequence[Outcome]) -> None:
    from simulator.sweep import write_summaries

    write_summaries(home / 'summary.csv', outcomes)


def _write_reports(by_scenario: dict[Path, list[Outcome]], out: Path) -> Path:
    """Write a report a scenario, and one that compares them if there are several."""
    from analysis.report import write

    folders = {home: [o.job.folder for o in own] for home, own in by_scenario.items()}
    written = [write(own, home / 'report.html') for home, own in folders.items()]
    if len(written) == 1:
        return written[0]
    return write([folder for own in folders.values() for folder in own], out / 'report.html')


def _described(report: Path | None, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return what `--json` prints."""
    return {
        'report': None if report is None else str(report),
        'runs': [{**outcome.job.described, 'summary': outcome.summary} for outcome in outcomes],
    }
