"""From rows of the fabric to rows of the traces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.routes import RouteTable
from simulator.cluster.store import Records
from simulator.recording import Recorder
from simulator.recording.columns import Coded

__all__ = ['Tags', 'Tracer']


class Tag(NamedTuple):
    """What a task is: the kind of a message, or a computation's activity and operation."""

    name: str
    detail: str = ''


class Tags:
    """Numbers for what tasks are, as the fabric keeps them.

    Attributes
    ----------
    all : list of Tag
        By number.
    numbers : dict of (str, str) to int
        `number` without the call; what is new gets a number when it is looked up.

    Examples
    --------
    >>> tags = Tags()
    >>> tags.number('gradient'), tags.number('compute', 'gradient'), tags.number('gradient')
    (0, 1, 0)
    """

    def __init__(self) -> None:
        self.all: list[Tag] = []
        self.numbers = _Numbers(self.all)

    def number(self, name: str, detail: str = '') -> int:
        """Return the number of a tag, a new one if it is new."""
        return self.numbers[name, detail]


class _Numbers(dict[tuple[str, str], int]):
    def __init__(self, tags: list[Tag]):
        super().__init__()
        self._tags = tags

    def __missing__(self, key: tuple[str, str]) -> int:
        number = self[key] = len(self._tags)
        self._tags.append(Tag(*key))
        return number


class Tracer:
    """Write what the fabric reports into a recorder.

    Parameters
    ----------
    recorder : Recorder
    tags : Tags
        What the tags of tasks mean.
    """

    def __init__(self, recorder: Recorder, tags: Tags):
        self._recorder = recorder
        self._tags = tags
        self.table: RouteTable | None = None  # the fabric's, once there is one
        self._first_tasks: list[int] = []  # of each piece of a call of a collective
        self._ends: list[int] = []
        self._calls: list[int] = []

    def launched(self, first_task: int, count: int, number: int | None = None) -> int:
        """Take note that *count* tasks from *first_task* on are a collective's.

        Returns
        -------
        int
            The call's number: *number* where these are more of its tasks, else the next.
        """
        if number is None:
            number = self._calls[-1] + 1 if self._calls else 0
        self._first_tasks.append(first_task)
        self._ends.append(first_task + count)
        self._calls.append(number)
        return number

    def messages(self, rows: Records) -> None:
        """Record attempts to carry messages, ``state.MESSAGE_ROW``."""
        if self.table is None:
            return
        route = self.table.routes[rows['route']]
        self._recorder.extend(
            'messages',
            {
                'message': rows['task'],
                'kind': Coded(rows['tag'], [tag.name for tag in self._tags.all]),
                'source': route['source'],
                'target': route['target'],
                'bytes': rows['size'],
                'step': rows['step'],
                'collective': self._collectives(rows['task']),
                'attempt': rows['attempt'],
                'sent': rows['sent'],
                'started': rows['started'],
                'delivered': np.where(rows['delivered'] < 0, np.nan, rows['delivered']),
            },
        )

    def _collectives(self, tasks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of the collective each task belongs to, -1 for none."""
        if not self._ends:
            return np.full(len(tasks), -1)
        piece = np.searchsorted(self._first_tasks, tasks, side='right') - 1
        inside = (piece >= 0) & (tasks < np.array(self._ends)[piece])
        return np.where(inside, np.array(self._calls)[piece], -1)

    def spans(self, rows: Records) -> None:
        """Record computations and reductions, ``state.SPAN_ROW``."""
        names = [tag.name for tag in self._tags.all] + ['reduce']
        details = [tag.detail or tag.name for tag in self._tags.all]
        activity = np.where(rows['reduce'] > 0, len(self._tags.all), rows['tag'])
        self._recorder.extend(
            'spans',
            {
                'device': rows['device'],
                'activity': Coded(activity, names),
                'operation': Coded(rows['tag'], details),
                'step': rows['step'],
                'start': rows['start'],
                'end': rows['end'],
            },
        )
