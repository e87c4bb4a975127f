"""Bosphorus: a discrete-event simulator for distributed and Byzantine learning.

The names below are imported when they are first used, so that small imports stay small.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.api import Results, run
    from simulator.scenario import RunSpec, Scenario, load, load_text

__all__ = ['Results', 'RunSpec', 'Scenario', '__version__', 'load', 'load_text', 'run']

__version__ = '0.1.0'

_HOMES = {
    **dict.fromkeys(['RunSpec', 'Scenario', 'load', 'load_text'], 'simulator.scenario'),
    **dict.fromkeys(['Results', 'run'], 'simulator.api'),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
