"""How many samples each worker takes at a time, as a scenario says it."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, WithJsonSchema

from simulator.cluster.naming import nodes_named
from simulator.errors import ScenarioError

__all__ = ['BatchSizes', 'batch_sizes']

MOST = 1_000_000
USUAL = 32
FULL = 'full'


def _checked(data: object) -> object:
    sizes = [data]
    if isinstance(data, list):
        sizes = data
    elif isinstance(data, dict):
        sizes = list(data.values())
    if not sizes or not all(_is_size(size) for size in sizes):
        raise ValueError(
            f'must be a whole number from 1 to {MOST} or full, a list of them with one for each '
            'worker, or a mapping such as {0..3: 16, 4: full}'
        )
    return data


def _is_size(size: object) -> bool:
    return size == FULL or (type(size) is int and 0 < size <= MOST)


_SIZE = {'anyOf': [{'type': 'integer', 'minimum': 1, 'maximum': MOST}, {'const': FULL}]}

BatchSizes: TypeAlias = Annotated[
    Any,
    BeforeValidator(_checked),
    WithJsonSchema(
        {
            'anyOf': [
                *_SIZE['anyOf'],
                {'type': 'array', 'items': _SIZE, 'minItems': 1},
                {'type': 'object', 'additionalProperties': _SIZE, 'minProperties': 1},
            ]
        }
    ),
]
"""One size for all workers, one for each, or some by number; `full` is a worker's whole shard."""


def batch_sizes(batch: Any, workers: int) -> list[int | None]:
    """Return the size of each worker's mini-batch, None for its whole shard.

    Parameters
    ----------
    batch : int, 'full', list of them, or mapping of numbers of workers to them
        Workers that a mapping does not name take 32; later entries go before earlier ones.
    workers : int

    Raises
    ------
    ScenarioError
        If a list has not one for each worker, or a mapping names what is no worker.

    Examples
    --------
    >>> batch_sizes({'0..1': 8, '2': 'full'}, 4)
    [8, 8, None, 32]
    """
    if isinstance(batch, list):
        if len(batch) != workers:
            raise ScenarioError(f'lists {len(batch)} sizes for {workers} workers; give each one')
        return [_size(each) for each in batch]
    if not isinstance(batch, dict):
        return [_size(batch)] * workers
    sizes: list[int | None] = [USUAL] * workers
    for name, size in batch.items():
        for number in nodes_named(str(name), workers, 'worker'):
            sizes[number] = _size(size)
    return sizes


def _size(size: int | str) -> int | None:
    return None if isinstance(size, str) else size
