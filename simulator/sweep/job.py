"""A run to be done, how it came out, and who wants to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from simulator.recording import Identity, Progress
from simulator.traces import SUMMARY, Status

__all__ = ['Execute', 'Job', 'Outcome', 'Watcher']


class Execute(Protocol):
    """What does one run: `simulator.execution.execute`. Must be found by name in a new process."""

    def __call__(
        self, spec: Any, folder: Path, *, progress: Callable[[Progress], None] | None
    ) -> dict[str, Any]:
        """Run *spec*, write its traces and model into *folder*, return its figures."""


@dataclass(frozen=True)
class Job:
    """One run to be done.

    Attributes
    ----------
    spec : object
        What `Execute` takes; it must be picklable.
    folder : Path
        The run's folder.
    identity : Identity
        What the folder states about the run.
    """

    spec: Any
    folder: Path
    identity: Identity

    @property
    def described(self) -> dict[str, Any]:
        """Which run it is, and where, as plain data: what `--json` prints of it."""
        return {
            'variant': self.identity.variant,
            'id': self.identity.id,
            'folder': str(self.folder),
            'vary': dict(self.identity.vary),
        }


@dataclass(frozen=True)
class Outcome:
    """How a run came out.

    Attributes
    ----------
    job : Job
    status : Status
        `'finished'` or `'failed'`.
    summary : dict
        The content of `summary.json`; of a failed run, every figure is null.
    error : str, optional
        Why it failed, in one line.
    skipped : bool
        It was finished before; nothing was done.
    """

    job: Job
    status: Status
    summary: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    skipped: bool = False

    @classmethod
    def failure(cls, job: Job, error: str) -> Outcome:
        """Return the outcome of a run that failed because of *error*."""
        return cls(job, 'failed', {**dict.fromkeys(SUMMARY), 'status': 'failed'}, error)


class Watcher:
    """What wants to know how a sweep goes on; this one does not, others override."""

    def started(self, job: Job, attempt: int) -> None:
        """Take note that *job* is being done, for the *attempt*-th time (counted from 1)."""

    def progressed(self, job: Job, progress: Progress) -> None:
        """Take note how far *job* has come; at most a few times a second."""

    def ended(self, outcome: Outcome) -> None:
        """Take note that a run has come to its end, or was skipped."""
