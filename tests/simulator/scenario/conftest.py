"""A small scenario that is right, and ways to change it."""

import pytest

from simulator.errors import ScenarioError
from simulator.scenario import load_text

SMALL = """\
# Is it right?
name: small
seed: 7
stop: {rounds: 3}
cluster:
  topology: {star: {workers: 4, servers: 1}}
learning:
  data: digits
  model: linear
  optimizer: {sgd: {rate: 0.1}}
training: {parameter_server: {aggregation: mean}}
"""


@pytest.fixture
def small():
    """The text of the scenario."""
    return SMALL


@pytest.fixture
def runs():
    """Load the small scenario with more text at its end."""

    def load(more='', **options):
        return load_text(SMALL + more, 'small.yaml', **options)

    return load


@pytest.fixture
def wrong():
    """What is wrong with a text, one string a problem."""

    def load(text, **options):
        with pytest.raises(ScenarioError) as refused:
            load_text(text, 'x.yaml', **options)
        return str(refused.value).splitlines()

    return load
