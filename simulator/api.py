"""Bosphorus from Python: run a scenario, get frames, draw.

::

    from simulator import run

    found = run('scenarios/quickstart.yaml', sets=['stop.rounds=20'])
    found.totals()  # a frame: a row a run
    found.curves()  # a frame: loss, accuracy, bytes over time, all runs
    found.plot(x='bytes')  # accuracy against bytes, a line a variant
    found.compare().table()  # every figure of every variant, and how sure it is
    found.report('report.html')
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from simulator.errors import RunFolderError
from simulator.scenario import RunSpec, Scenario, load, load_text
from simulator.scenario.spec import to_yaml

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from analysis.compare import Comparing
    from analysis.load import Run

__all__ = ['Results', 'run']


@dataclass(frozen=True)
class Results:
    """The runs of a scenario, finished; `analysis` does the reading.

    Attributes
    ----------
    folders : tuple of Path
        One a run, in the scenario's order.
    failed : mapping of Path to str
        Why runs failed, by folder; they are in none of the frames.
    """

    folders: tuple[Path, ...]
    failed: Mapping[Path, str]

    @property
    def runs(self) -> tuple[Run, ...]:
        """The finished runs, whose tables are read when they are asked for."""
        from analysis.load import read_run

        return tuple(read_run(folder) for folder in self.folders if folder not in self.failed)

    def totals(self) -> pd.DataFrame:
        """Return a row a run: variant, varied keys, seed and its final figures."""
        from analysis.totals import totals

        return totals(self.runs)

    def curves(self) -> pd.DataFrame:
        """Return what was measured of each run as a whole, a row an instant.

        Columns `variant`, varied keys and `seed`, then `seconds`, `rounds`, `epochs` and the
        metrics, such as `test_accuracy`.
        """
        from analysis.metrics import curve

        return self._joined([(each, curve(each)) for each in self.runs])

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a table of all runs, such as `messages`, `spans`, `metrics` or `links`."""
        return self._joined([(each, each.table(name, columns)) for each in self.runs])

    def compare(self) -> Comparing:
        """Return the variants side by side, with the sureness of every difference."""
        from analysis.compare import compare

        return compare(list(self.folders))

    def plot(
        self,
        *,
        x: Literal['seconds', 'rounds', 'bytes'] = 'seconds',
        y: str = 'test_accuracy',
        ax: Axes | None = None,
    ) -> Axes:
        """Draw a metric against time, rounds or bytes, a line a variant; return the axes."""
        import matplotlib.pyplot as plt

        from analysis.figures import learning
        from analysis.groups import group

        return learning(plt.gca() if ax is None else ax, group(self.runs), x=x, y=y)

    def report(self, path: str | Path) -> Path:
        """Write the report of the runs: a page, or Markdown where *path* ends in .md."""
        from analysis.report import write

        file = Path(path)
        return write(list(self.folders), file, form='md' if file.suffix == '.md' else 'html')

    def _joined(self, frames: list[tuple[Run, pd.DataFrame]]) -> pd.DataFrame:
        import pandas as pd

        named = [
            frame.assign(**{'variant': each.variant, **each.vary, 'seed': each.seed})
            for each, frame in frames
        ]
        whole = pd.concat(named, ignore_index=True) if named else pd.DataFrame()
        first = [c for each, _ in frames for c in ('variant', *each.vary, 'seed')]
        order = [*dict.fromkeys(first), *whole.columns]
        return whole[list(dict.fromkeys(order))]

    def _repr_html_(self) -> str:
        """Show the totals in a notebook."""
        return str(self.totals().to_html())


def run(
    scenario: str | Path | Mapping[str, Any] | Scenario,
    *,
    sets: Sequence[str] = (),
    seed: int | None = None,
    out: str | Path = 'runs',
    jobs: int = 1,
    on: str | None = None,
    plugins: Sequence[str | Path] = (),
    progress: bool = True,
) -> Results:
    """Run a scenario and return what came out; runs that are finished already are not done again.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        A file; or what could stand in one, variants and all, as plain data; or a `Scenario`.
    sets : sequence of str
        ``key=value`` texts that go before the scenario.
    seed : int, optional
        The same as ``seed=...`` in *sets*.
    out : str or Path
        Folder for the results.
    jobs : int
        Processes; a script that asks for several guards its own start with
        ``if __name__ == '__main__':``.
    on : str, optional
        Address of a Dask scheduler to use instead.
    plugins : sequence of str or Path
        Files with entries of your own.
    progress : bool
        Whether people are told, on stderr.

    Raises
    ------
    ScenarioError
        With all that is wrong with the scenario.
    RunFolderError
        If all runs failed; where only some did, see `Results.failed`.

    Examples
    --------
    >>> import tempfile
    >>> found = run(
    ...     {
    ...         'name': 'one-ring',
    ...         'cluster': {'topology': {'star': {'workers': 4}}},
    ...         'training': {'collective': {'algorithm': 'ring', 'bytes': '1 MB'}},
    ...     },
    ...     out=tempfile.mkdtemp(),
    ...     progress=False,
    ... )
    >>> found.totals()['messages'].tolist()
    [24.0]
    """
    from simulator.cli.run import outcomes_of
    from simulator.cli.tune import tune
    from simulator.recording.files import make_folder
    from simulator.sweep import write_summaries
    from simulator.sweep.plan import plan, plugged

    files, home = [Path(file) for file in plugins], Path(out)
    with plugged(files) as installed:
        specs = _specs(scenario, sets, seed)
        do = partial(outcomes_of, processes=jobs, address=on, plugins=files, told=progress)
        specs = tune(specs, home, installed, do)
        make_folder(home / specs[0].scenario.name)
        outcomes = do(plan(specs, home, installed))
    write_summaries(home / specs[0].scenario.name / 'summary.csv', outcomes)
    folders = tuple(outcome.job.folder for outcome in outcomes)
    failed = {o.job.folder: str(o.error) for o in outcomes if o.status == 'failed'}
    if len(failed) == len(folders):
        raise RunFolderError(f'all runs failed; the first: {failed[folders[0]]}')
    return Results(folders, failed)


def _specs(
    scenario: str | Path | Mapping[str, Any] | Scenario, sets: Sequence[str], seed: int | None
) -> list[RunSpec]:
    if isinstance(scenario, str | Path):
        return load(scenario, sets=sets, seed=seed)
    data = scenario.resolved() if isinstance(scenario, Scenario) else scenario
    return load_text(to_yaml(data), 'scenario', sets=sets, seed=seed)
