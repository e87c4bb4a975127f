"""Tune runs before they are compared: random search with successive halving."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf, isfinite
from pathlib import Path
from typing import Any

from simulator.recording.files import write_text
from simulator.scenario import RunSpec
from simulator.scenario.expand import split_key
from simulator.scenario.search import Search
from simulator.sweep.job import Outcome
from simulator.units import Seconds, format_quantity

__all__ = ['FOLDER', 'Trial', 'rungs_of', 'shortened', 'tuned', 'write_trials']

FOLDER = '.search'
"""Folder of the tried runs inside the scenario's: no part of what is compared."""

Do = Callable[[list[RunSpec]], list[Outcome]]
"""Does runs; returns their outcomes in the same order."""


@dataclass(frozen=True)
class Trial:
    """One setting, tried for a run in one rung.

    Attributes
    ----------
    spec : RunSpec
        The run that is to be tuned.
    number, rung : int
    share : float
        Which part of the stop the trial ran for.
    values : mapping
        What was set, key by key.
    figure : float, optional
        That which is minimized; None where the run has none.
    summary : mapping
    kept : bool
        Whether it went on to the next rung; in the last one, whether it was taken.
    """

    spec: RunSpec
    number: int
    rung: int
    share: float
    values: Mapping[str, Any]
    figure: float | None = None
    summary: Mapping[str, Any] | None = None
    kept: bool = False

    @property
    def rank(self) -> tuple[float, float, int]:
        """What trials are ordered by: the figure, else the loss they have come to."""
        loss = (self.summary or {}).get('test_loss')
        missing = self.figure is None or not isfinite(self.figure)
        return inf if missing else self.figure or 0.0, inf if loss is None else loss, self.number


def tuned(specs: Sequence[RunSpec], do: Do) -> tuple[list[RunSpec], list[Trial]]:
    """Return *specs*, each with the best setting found for it, and all that was tried.

    Runs that differ in nothing but the seed are tuned together. All are tried with the same
    settings, as far as these concern them, and with the search's own seed.

    Parameters
    ----------
    specs : sequence of RunSpec
        Those without a search stay as they are.
    do : callable
        Does runs.
    """
    groups: dict[str, list[int]] = {}
    for k, spec in enumerate(specs):
        if spec.search is not None and spec.search.over:
            groups.setdefault(_kind(spec), []).append(k)
    found, log = list(specs), list[Trial]()
    running = {kind: _first_rung(specs[members[0]]) for kind, members in groups.items()}
    while running:
        for kind, trials in zip(running, _tried(list(running.values()), do), strict=True):
            search = _search(trials[0].spec)
            following = _next_rung(search, trials)
            kept = {trial.number for trial in following or trials[:1]}
            log += [replace(trial, kept=trial.number in kept) for trial in trials]
            running[kind] = following
            if not following:
                for k in groups[kind]:
                    found[k] = _with(specs[k], trials[0].values)
        running = {kind: trials for kind, trials in running.items() if trials}
    return found, log


def rungs_of(specs: Sequence[RunSpec]) -> list[tuple[int, float]]:
    """Return how many trials `tuned` does for *specs*, rung by rung, and their share of a run."""
    kinds = {_kind(spec): spec for spec in specs if spec.search is not None and spec.search.over}
    return [rung for spec in kinds.values() for rung in _shares(spec)]


def _kind(spec: RunSpec) -> str:
    return json.dumps([spec.variant, spec.cell], default=str)


def _search(spec: RunSpec) -> Search:
    assert spec.search is not None  # noqa: S101 - only such runs are tried
    return spec.search


def _first_rung(spec: RunSpec) -> list[Trial]:
    search = _search(spec)
    count, share = _shares(spec)[0]
    return [Trial(spec, number, 0, share, search.settings(number)) for number in range(count)]


def _next_rung(search: Search, ranked: Sequence[Trial]) -> list[Trial]:
    """Return the best trials, to be run for longer; none after the last rung."""
    shares, rung = _shares(ranked[0].spec), ranked[0].rung + 1
    if rung == len(shares):
        return []
    count, share = shares[rung]
    return [replace(trial, rung=rung, share=share) for trial in ranked[:count]]


def _shares(spec: RunSpec) -> list[tuple[int, float]]:
    """Return the rungs of a run; without a length to shorten there is one."""
    search, stop = _search(spec), spec.scenario.stop
    if stop.rounds is None and stop.epochs is None and stop.time is None:
        return [(search.trials, 1.0)]
    return search.shares()


def _tried(groups: list[list[Trial]], do: Do) -> Iterator[list[Trial]]:
    """Do the trials of all groups side by side; yield each group's, the best first."""
    everything = [trial for trials in groups for trial in trials]
    outcomes = iter(do([_run_of(trial) for trial in everything]))
    for trials in groups:
        done = [_measured(trial, next(outcomes)) for trial in trials]
        yield sorted(done, key=lambda trial: trial.rank)


def _measured(trial: Trial, outcome: Outcome) -> Trial:
    name, summary = _search(trial.spec).minimize, outcome.summary
    figure = summary.get(name)
    if name == 'test_error' and summary.get('test_accuracy') is not None:
        figure = 1.0 - summary['test_accuracy']
    return replace(trial, figure=figure, summary=summary)


def _run_of(trial: Trial) -> RunSpec:
    """Return the run of a trial: the setting, the search's seed, a part of the stop."""
    values = {tuple(split_key(key)): value for key, value in trial.values.items()}
    search = _search(trial.spec)
    spec = trial.spec.with_values({**values, ('seed',): search.seed})
    varied = {**trial.spec.vary, **trial.values, 'seed': search.seed}
    return replace(shortened(spec, trial.share), vary=varied)


def shortened(spec: RunSpec, share: float) -> RunSpec:
    """Return a run that stops after *share* of its rounds, epochs or time."""
    stop = spec.scenario.stop
    values: dict[tuple[str, ...], Any] = {}
    if stop.rounds is not None:
        values['stop', 'rounds'] = ceil(stop.rounds * share)
    if stop.epochs is not None:
        values['stop', 'epochs'] = stop.epochs * share
    if stop.time is not None:
        values['stop', 'time'] = format_quantity(stop.time * share, Seconds)
    return spec if share == 1 else spec.with_values(values)


def _with(spec: RunSpec, setting: Mapping[str, Any]) -> RunSpec:
    values = {tuple(split_key(key)): value for key, value in setting.items()}
    return replace(spec.with_values(values), search=spec.search, tuned=dict(setting))


def write_trials(path: Path, log: Sequence[Trial]) -> None:
    """Write `search.csv`: a row a trial and rung, in the order in which they ranked."""
    rows = [_row(trial) for trial in log]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    table = csv.DictWriter(text, names, lineterminator='\n')
    table.writeheader()
    table.writerows(rows)
    write_text(path, text.getvalue())


def _row(trial: Trial) -> dict[str, Any]:
    summary = trial.summary or {}
    return {
        'variant': trial.spec.variant,
        **{key: _cell(value) for key, value in trial.spec.cell.items()},
        'trial': trial.number,
        'rung': trial.rung,
        'share': trial.share,
        **{f'set.{key}': _cell(value) for key, value in trial.values.items()},
        _search(trial.spec).minimize: trial.figure,
        'loss': summary.get('test_loss'),
        'status': summary.get('status'),
        'kept': json.dumps(trial.kept),
    }


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else json.dumps(value, default=str)
