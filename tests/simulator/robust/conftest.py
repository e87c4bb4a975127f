"""What tests of rules and attacks share."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope='session')
def one_thread():
    """As in every run; small products are slower on many."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def rng():
    return np.random.default_rng(7)
