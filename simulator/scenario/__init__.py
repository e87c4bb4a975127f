"""Scenarios: files that describe runs completely (design, section 5).

`load` turns a file into the runs it asks for; each is a `RunSpec`. The rules of merging are in
`merge`, those of the grid in `vary`, the sections in `schema`, what must fit together in `checks`.
"""

from simulator.scenario.load import load, load_text
from simulator.scenario.schema import Scenario
from simulator.scenario.spec import RunSpec

__all__ = ['RunSpec', 'Scenario', 'load', 'load_text']
