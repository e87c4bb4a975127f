"""The process in which one run is done on another machine: ``python -m ... FOLDER``.

It says how far it has come, and in the end how the run came out, in lines of JSON; it ends when
its standard input closes, which is when the worker that started it has died.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from simulator.execution import execute
from simulator.recording import Progress
from simulator.recording.files import plain
from simulator.sweep.one import perform
from simulator.sweep.plan import plugged
from simulator.sweep.remote.kit import PLUGINS
from simulator.sweep.remote.parcel import job_in

__all__ = ['main']


def main(place: Path) -> None:
    """Do the run whose parcel was unpacked in *place*."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    plugins = sorted(Path(os.environ['BOSPHORUS_KIT'], PLUGINS).glob('*/*.py'))
    with plugged(plugins):
        job, attempt = job_in(place)
        outcome = perform(job, execute, _tell, attempt)
    said = {'status': outcome.status, 'summary': outcome.summary, 'error': outcome.error}
    _say({'outcome': plain(said)})


def _tell(progress: Progress) -> None:
    _say({'progress': plain(asdict(progress))})


def _say(message: object) -> None:
    sys.stdout.write(json.dumps(message) + '\n')
    sys.stdout.flush()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == '__main__':
    main(Path(sys.argv[1]))
