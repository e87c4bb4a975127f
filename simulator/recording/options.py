"""What a scenario's `record:` may ask for: which tables, and how many messages."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Gt, Le
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ['EVERYTHING', 'NOTHING', 'RecordOptions', 'Thinning']


class Thinning(BaseModel):
    """Keep only some of the messages: every k-th, or a share of them.

    Which ones depends on nothing but their number, so that two runs of one scenario keep
    the same messages, and all attempts to deliver one message stay together.

    Parameters
    ----------
    every : int, optional
        Keep the messages whose number is a multiple of this. Beware of patterns: in a
        collective of m ranks, every m-th message may always be the same rank's.
    share : float, optional
        Keep about this share of the messages, 0 < share <= 1, chosen by a hash of their
        number.

    Examples
    --------
    >>> Thinning(every=3).keeps(np.arange(7)).nonzero()[0].tolist()
    [0, 3, 6]
    >>> float(Thinning(share=0.25).keeps(np.arange(10_000)).mean())
    0.2462
    """

    model_config = ConfigDict(frozen=True, extra='forbid', strict=True)

    every: Annotated[int, Gt(0)] | None = Field(default=None, description='keep every k-th message')
    share: Annotated[float, Gt(0), Le(1)] | None = Field(
        default=None, description='keep about this share of the messages, 0..1'
    )

    @model_validator(mode='after')
    def _one_of_the_two(self) -> Thinning:
        if (self.every is None) == (self.share is None):
            raise ValueError('give either every or share')
        return self

    def keeps(self, messages: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of the messages numbered *messages*, `(n,)`, are kept, `(n,)`."""
        if self.every is not None:
            return np.asarray(messages % self.every == 0)
        assert self.share is not None  # noqa: S101 - the validator has seen to it
        return _hashed(messages) < np.uint64(min(self.share * 2.0**64, 2.0**64 - 2048))


def _hashed(numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the numbers scattered over all 64 bits (the finalizer of splitmix64)."""
    bits = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(bits ^ (bits >> np.uint64(31)))


class RecordOptions(BaseModel):
    """What a run keeps. Totals in `summary.json` are counted whatever is kept here.

    Parameters
    ----------
    metrics, spans, quorums, critical, links, routes, nodes : bool
        Whether the table is written; routes only where messages are.
    messages : bool or Thinning
        `true` for every message, `false` for none, `{every: 10}` or `{share: 0.1}` for
        some.

    Examples
    --------
    >>> options = RecordOptions.model_validate({'messages': {'every': 10}, 'spans': False})
    >>> options.wants('messages'), options.wants('spans'), options.wants('links')
    (True, False, True)
    """

    model_config = ConfigDict(frozen=True, extra='forbid', strict=True)

    metrics: bool = Field(default=True, description='losses, accuracies and other measured values')
    messages: bool | Thinning = Field(
        default=True, description='one row a message: all, none or some'
    )
    spans: bool = Field(default=True, description='what each device did when')
    quorums: bool = Field(default=True, description='whose messages each node waited for')
    critical: bool = Field(
        default=True, description='which operations and transfers made the time of an execution'
    )
    links: bool = Field(default=True, description='what each link carried in total')
    routes: bool = Field(default=True, description='which links the messages took')
    nodes: bool = Field(default=True, description='where the nodes stand')

    def wants(self, table: str) -> bool:
        """Return whether any row of *table* is kept."""
        if table == 'routes' and not self.messages:
            return False
        return bool(getattr(self, table))

    @property
    def thinning(self) -> Thinning | None:
        """How messages are thinned, None if they are not."""
        return self.messages if isinstance(self.messages, Thinning) else None


EVERYTHING = RecordOptions()
NOTHING = RecordOptions(
    metrics=False,
    messages=False,
    spans=False,
    quorums=False,
    critical=False,
    links=False,
    routes=False,
    nodes=False,
)
