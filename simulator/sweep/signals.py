"""Being asked to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ['end_with_parent', 'obey_parent', 'stoppable']


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stop_once(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second one must not disturb the tidying up
    _stop(number, frame)


@contextmanager
def stoppable() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C, so that a batch system's polite kill leaves order too."""
    if threading.current_thread() is not threading.main_thread():
        yield  # handlers belong to the main thread
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def obey_parent() -> None:
    """In a worker: leave Ctrl-C, which reaches a whole terminal, to the parent; obey SIGTERM."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop_once)


def end_with_parent() -> None:
    """In a worker: stop when the parent dies, however it dies."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name='end-with-parent').start()
