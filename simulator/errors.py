"""The family of errors: whatever a user can cause is one of these, and says what would be right.

A message names the thing, its value and the remedy::

    krum: f(=4) must be in 0..3 for n=10

The command line catches the family and shows the message alone; anything else is a bug of ours
and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

__all__ = [
    'BosphorusError',
    'DataError',
    'PlacementError',
    'PluginError',
    'Problem',
    'QuantityError',
    'RunFolderError',
    'ScenarioError',
    'ScheduleError',
    'StalledError',
    'TopologyError',
    'did_you_mean',
]


class BosphorusError(Exception):
    """Something the user asked for can't be had; the message says why and what can."""


class QuantityError(BosphorusError, ValueError):
    """A text is no quantity of the wanted kind."""


class TopologyError(BosphorusError, ValueError):
    """No such graph exists, or it can't carry the run."""


class DataError(BosphorusError, ValueError):
    """A data set, or a file that should hold one, can't be used."""


class ScheduleError(BosphorusError, ValueError):
    """A collective's schedule does not do what its kind promises."""


class PlacementError(BosphorusError, ValueError):
    """A graph of operations makes no sense, or does not fit on the devices; it names which."""


class RunFolderError(BosphorusError):
    """A run folder is damaged, foreign, from another version, or can't be written."""


class StalledError(BosphorusError):
    """Nothing in the simulation can proceed; the message says who waits for whom since when."""


class PluginError(BosphorusError):
    """A plug-in can't be loaded, or clashes with what is there."""


class Problem(NamedTuple):
    """One thing wrong in a scenario.

    Attributes
    ----------
    message : str
        What is wrong, and the remedy.
    path : str
        Dotted path of the key concerned, '' where there is none.
    file : str
        Where the text stands: a file's name, or a command-line option such as ``--set``.
    line, column : int
        Position in the file, counted from 1; 0 where unknown.

    Examples
    --------
    >>> print(Problem('1 km is no time', 'stop.time', 'a.yaml', 3, 14))
    a.yaml:3:14: error: stop.time: 1 km is no time
    >>> print(Problem('needs n >= 3', 'training'))
    error: training: needs n >= 3
    """

    message: str
    path: str = ''
    file: str = ''
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = ':'.join(str(part) for part in (self.file, self.line, self.column) if part)
        return ': '.join(part for part in (place, 'error', self.path, self.message) if part)


class ScenarioError(BosphorusError, ValueError):
    """A scenario asks for what the simulator does not have, or contradicts itself.

    Parameters
    ----------
    problems : iterable of Problem, or str
        Everything found wrong; a text stands for one problem without a place.

    Examples
    --------
    >>> error = ScenarioError([Problem('missing', 'stop', 'a.yaml', 9, 1), Problem('b', 'seed')])
    >>> print(error)
    error: seed: b
    a.yaml:9:1: error: stop: missing
    """

    def __init__(self, problems: Iterable[Problem] | str):
        found = [Problem(problems)] if isinstance(problems, str) else problems
        # several runs of one file often share a problem: say it once
        self.problems: list[Problem] = sorted(
            set(found), key=lambda p: (p.file, p.line, p.column, p.path, p.message)
        )
        # args is what crosses a process boundary
        super().__init__(self.problems)

    @property
    def messages(self) -> str:
        """What is wrong, without where, on one line."""
        return '; '.join(problem.message for problem in self.problems)

    def __str__(self) -> str:
        return '\n'.join(str(problem) for problem in self.problems)


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return the tail of a message that leads from a wrong word to the right one.

    Parameters
    ----------
    word : object
        What was written.
    known : iterable of str
        What could have been meant.

    Returns
    -------
    str
        ``", did you mean 'x'?"``, or the few there are to choose from, or ''.

    Examples
    --------
    >>> did_you_mean('krun', ['mean', 'krum'])
    ", did you mean 'krum'?"
    >>> did_you_mean('x', ['mean', 'krum'])
    '; there are krum, mean'
    >>> did_you_mean('x', [])
    ''
    """
    names = sorted(known)
    lowered = {name.lower(): name for name in names}
    if near := get_close_matches(str(word).lower(), lowered, n=1):
        return f', did you mean {lowered[near[0]]!r}?'
    if not names:
        return ''
    shown = ', '.join(names[:12]) + (', ...' if len(names) > 12 else '')
    return f'; there {"is" if len(names) == 1 else "are"} {shown}'
