"""One run, packed for another machine: the job, and the files that its scenario names."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simulator.catalogue import Shape
from simulator.recording import Identity
from simulator.scenario import RunSpec
from simulator.scenario.inputs import SHAPE, input_files
from simulator.sweep.job import Job
from simulator.sweep.remote.kit import packed

__all__ = ['FILES', 'JOB', 'job_in', 'parcel_of']

JOB, FILES = 'job.pickle', 'files'


def parcel_of(job: Job, attempt: int = 1) -> bytes:
    """Return *job* as a zip file: plain data, and the files its scenario names."""
    spec: RunSpec = job.spec
    names = list(dict.fromkeys(str(path) for path in input_files(spec.resolved)))
    places = {name: f'{FILES}/{k:03d}/{Path(name).name}' for k, name in enumerate(names)}
    data = {
        'resolved': spec.resolved,
        'variant': spec.variant,
        'vary': dict(spec.vary),
        'identity': asdict(job.identity),
        'places': places,
        'attempt': attempt,
    }
    files = {JOB: pickle.dumps(data)}
    return packed(files | {place: Path(name).read_bytes() for name, place in places.items()})


def job_in(place: Path) -> tuple[Job, int]:
    """Return the job that was unpacked in the folder *place*, and which attempt this is.

    Plug-ins must be installed already. The run's folder is ``place/folder``.
    """
    data = pickle.loads((place / JOB).read_bytes())  # noqa: S301 - our own
    moved = {name: str(place / where) for name, where in data['places'].items()}
    spec = RunSpec.of(_moved(data['resolved'], moved), data['variant'], data['vary'])
    return Job(spec, place / 'folder', Identity(**data['identity'])), data['attempt']


def _moved(data: Any, places: Mapping[str, str], shape: Shape = SHAPE) -> Any:
    """Return a resolved scenario with its files where they are now."""
    if isinstance(data, Mapping):
        return {key: _moved(each, places, shape.at(key)) for key, each in data.items()}
    if isinstance(data, list):
        return [_moved(each, places, shape.at(k)) for k, each in enumerate(data)]
    return places.get(data, data) if shape.is_file and isinstance(data, str) else data
