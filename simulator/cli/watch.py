"""What people see of a sweep while it goes on: bars on a terminal, else a line a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from simulator.recording import Progress as RunProgress
from simulator.sweep import Job, Outcome, Watcher

__all__ = ['label', 'print_results', 'watching']


def label(job: Job) -> str:
    """Return how a run is called among its sweep: variant and varied values.

    Examples
    --------
    >>> from simulator.recording import Identity
    >>> label(Job(None, Path(), Identity('0', 'demo', 'Multi-Krum', {'seed': 2}, 2, '')))
    'Multi-Krum · seed=2'
    """
    which = job.identity
    parts = [which.variant] if which.variant else []
    parts += [f'{key.rpartition(".")[2]}={value}' for key, value in which.vary.items()]
    return ' · '.join(parts) or which.scenario


@contextmanager
def watching(console: Console, runs: int) -> Iterator[Watcher]:
    """Yield a watcher of *runs* runs: bars if *console* is a terminal, else lines."""
    if not console.is_terminal:
        yield Lines()
        return
    bars = Bars(console, runs)
    with bars.shown:
        yield bars


class Lines(Watcher):
    """A line on stderr for each run that has ended."""

    def ended(self, outcome: Outcome) -> None:
        """Print the line."""
        click.echo(_ending(outcome), err=True)


class Bars(Watcher):
    """A bar for all runs, and one for each that is being done."""

    def __init__(self, console: Console, runs: int) -> None:
        self.shown = Progress(
            TextColumn('{task.description}', markup=False),
            BarColumn(bar_width=24),
            TextColumn('{task.fields[state]}', markup=False),
            TimeElapsedColumn(),
            console=console,
        )
        self._runs = runs
        self._tally = Tally(runs)
        self._all = self.shown.add_task('all runs', total=runs, state=f'0/{runs}')
        self._rows: dict[Path, TaskID] = {}
        self._rates: dict[Path, Rate] = {}

    def started(self, job: Job, attempt: int) -> None:
        """Show a bar for the run, in place of that of its last attempt."""
        self._drop(job)
        again = f' (attempt {attempt})' if attempt > 1 else ''
        self._tally.shares[job.folder] = 0.0
        self._rows[job.folder] = self.shown.add_task(label(job) + again, total=None, state='')
        self._rates[job.folder] = Rate()
        self._refresh()

    def progressed(self, job: Job, progress: RunProgress) -> None:
        """Move the bar of the run."""
        self._tally.shares[job.folder] = progress.share or 0.0
        self._refresh()
        self.shown.update(
            self._rows[job.folder],
            total=None if progress.share is None else 1.0,
            completed=progress.share or 0.0,
            state=_state(progress, self._rates[job.folder].of(progress.messages)),
        )

    def ended(self, outcome: Outcome) -> None:
        """Replace the bar of the run by a line above all bars."""
        self._drop(outcome.job)
        self._tally.ended(outcome)
        self.shown.advance(self._all)
        self._refresh()
        style = 'red' if outcome.status == 'failed' else None
        self.shown.console.print(_ending(outcome), style=style, markup=False, highlight=False)

    def _refresh(self) -> None:
        self.shown.update(self._all, state=self._tally.text())

    def _drop(self, job: Job) -> None:
        if (row := self._rows.pop(job.folder, None)) is not None:
            self.shown.remove_task(row)


class Tally:
    """How many runs are done, under way and failed, and how long the others may take.

    Attributes
    ----------
    shares : dict
        How much of each run that is under way is done, 0..1.
    """

    def __init__(self, runs: int) -> None:
        self.shares: dict[Path, float] = {}
        self._runs = runs
        self._done = self._skipped = self._failed = 0
        self._began = monotonic()

    def ended(self, outcome: Outcome) -> None:
        """Count a run that has come to its end."""
        self.shares.pop(outcome.job.folder, None)
        self._done += 1
        self._skipped += outcome.skipped
        self._failed += outcome.status == 'failed'

    def text(self) -> str:
        """Return all that in words."""
        parts = [f'{self._done}/{self._runs}']
        parts += [f'{len(self.shares)} running'] if self.shares else []
        parts += [f'{self._failed} failed'] if self._failed else []
        left = self.seconds_left()
        parts += [f'{_clock(left)} left'] if left else []
        return ' · '.join(parts)

    def seconds_left(self) -> float | None:
        """Return how long it takes until all are done, at the pace so far; None at first."""
        paid = self._done - self._skipped + sum(self.shares.values())
        if not paid:
            return None
        return (monotonic() - self._began) * (self._runs - self._skipped - paid) / paid


def _clock(seconds: float) -> str:
    """Return a time as a clock shows it.

    Examples
    --------
    >>> _clock(9.4), _clock(75), _clock(3600)
    ('0:09', '1:15', '1:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours}:{minutes:02}:{rest:02}' if hours else f'{minutes}:{rest:02}'


class Rate:
    """Messages per second of wall clock, smoothed over the last reports."""

    def __init__(self) -> None:
        self._time = monotonic()
        self._messages = 0
        self._rate: float | None = None

    def of(self, messages: int) -> float:
        """Return the rate now that *messages* have been handed over in total."""
        now = monotonic()
        latest = (messages - self._messages) / max(now - self._time, 1e-9)
        self._time, self._messages = now, messages
        self._rate = latest if self._rate is None else 0.7 * self._rate + 0.3 * latest
        return self._rate


def _state(progress: RunProgress, rate: float) -> str:
    parts = [f'round {progress.rounds}', f'{progress.simulated_seconds:.4g} s']
    if progress.loss is not None:
        parts.append(f'loss {progress.loss:.3g}')
    if progress.accuracy is not None:
        parts.append(f'accuracy {progress.accuracy:.1%}')
    return ' · '.join([*parts, f'{_short(rate)} msg/s'])


def _ending(outcome: Outcome) -> str:
    if outcome.status == 'failed':
        return f'{label(outcome.job)}: failed: {outcome.error}'
    how = 'finished before' if outcome.skipped else 'finished'
    figures = _figures(outcome.summary)
    return f'{label(outcome.job)}: {how}' + (f' ({", ".join(figures)})' if figures else '')


def _figures(summary: dict[str, Any]) -> list[str]:
    forms = (
        ('rounds', '{} rounds'),
        ('simulated_seconds', '{:.4g} s simulated'),
        ('test_perplexity', 'perplexity {:.2f}'),
        ('test_accuracy', 'accuracy {:.1%}'),
        ('wall_seconds', '{:.1f} s'),
    )
    return [form.format(summary[key]) for key, form in forms if summary.get(key) is not None]


def print_results(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print a small table of results, a row a run."""
    table = Table('run', box=None, header_style='bold', pad_edge=False)
    columns = {
        'rounds': ('rounds', '{}'),
        'simulated_seconds': ('simulated', '{:.4g} s'),
        'bytes': ('bytes', None),
        'messages': ('messages', None),
        'test_loss': ('test loss', '{:.4f}'),
        'test_perplexity': ('perplexity', '{:.2f}'),
        'test_accuracy': ('accuracy', '{:.1%}'),
    }
    # a study without learning has no accuracy: no column for what no run has
    used = {k: v for k, v in columns.items() if any(o.summary.get(k) is not None for o in outcomes)}
    for title, _ in used.values():
        table.add_column(title, justify='right')
    for outcome in outcomes:
        cells = [_formed(outcome.summary.get(key), form) for key, (_, form) in used.items()]
        failed = outcome.status == 'failed'
        table.add_row(Text(label(outcome.job)), *(['failed'] if failed else cells))
    console.print(table)


def _formed(value: Any, form: str | None) -> str:
    if value is None:
        return ''
    return _short(value) if form is None else form.format(value)


def _short(number: float) -> str:
    """Return a number with a decimal prefix.

    Examples
    --------
    >>> [_short(n) for n in (0, 999, 999.9, 1234, 2.5e9)]
    ['0', '999', '1k', '1.23k', '2.5G']
    """
    for prefix in ('', 'k', 'M', 'G'):
        if abs(number) < 999.5:  # what is shown as 1000 belongs to the next prefix
            return f'{number:.3g}{prefix}'
        number /= 1000
    return f'{number:.3g}T'
