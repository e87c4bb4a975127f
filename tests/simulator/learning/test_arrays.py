"""Memory that is used again, and chunks of workers."""

import platform
import resource

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.learning.arrays import CACHE, chunks, reuse_freed_memory


def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='others keep memory as they please')
def test_freed_memory_is_used_again():
    reuse_freed_memory()
    np.ones(2**20)  # 8 MB, or 2048 pages
    before = pages()
    for _ in range(20):
        np.ones(2**20)
    assert pages() - before < 2048


@given(st.integers(0, 50), st.floats(0, 3 * CACHE))
def test_chunks_cover_all_in_order_and_fit_the_cache(count, bytes_each):
    found = list(chunks(count, bytes_each))
    assert [i for part in found for i in range(part.start, part.stop)] == list(range(count))
    sizes = [part.stop - part.start for part in found]
    assert all(size * bytes_each <= CACHE or size == 1 for size in sizes)
