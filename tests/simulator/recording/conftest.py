"""Reading back what was recorded, and batches to record."""

import hashlib

import numpy as np
import pyarrow.parquet as pq
import pytest

from simulator.traces import TABLES, part_paths


@pytest.fixture(scope='session')
def read():
    """Return the columns of a table as lists."""

    def read(folder, table):
        parts = [pq.read_table(path) for path in part_paths(folder, table)]
        assert all(part.schema.equals(TABLES[table].schema) for part in parts)
        columns = {name: [] for name in TABLES[table].names}
        for part in parts:
            for name in columns:
                columns[name] += part[name].to_pylist()
        return columns

    return read


@pytest.fixture(scope='session')
def digests():
    """Return the sha256 of every file under a folder, by its path in there."""

    def digests(folder):
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob('*'))
            if path.is_file()
        }

    return digests


@pytest.fixture(scope='session')
def messages():
    """Return the columns of messages *start* to *stop*."""

    def messages(start, stop):
        number = np.arange(start, stop)
        sent = number * 1e-6
        return {
            'message': number,
            'kind': np.where(number % 5, 'gradient', 'model'),
            'source': number % 16,
            'target': 16,
            'bytes': 1000.5,
            'step': number // 16,
            'collective': -1,
            'attempt': 0,
            'sent': sent,
            'started': sent + 1e-6,
            'delivered': np.where(number % 7, sent + 3e-6, np.nan),
        }

    return messages
