"""How a parameter server is run."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.catalogue import Choice
from simulator.compression import Compressor
from simulator.learning import Optimizer
from simulator.training.clocks import Rule
from simulator.training.local import LocalSteps

__all__ = ['Settings']


@dataclass(frozen=True, slots=True)
class Settings:
    """How a parameter server is run.

    Attributes
    ----------
    rule : Rule
        The clock.
    aggregation : Choice
        How a server makes one vector of those it has collected.
    steps : LocalSteps
        Of a worker between fetching and pushing.
    optimizer : Optimizer
        How a server applies an aggregate.
    slices : list of slice
        Of the model, one a shard.
    compressor, compressor_down : Compressor, optional
        Of what workers push, and of what servers send.
    replicas : int
        Copies of each slice at other servers.
    failover : float
        Seconds until the crash of a server is noticed.
    momentum : float
        Share that workers keep of what they have sent before.
    weighted : bool
        Whether vectors count as often as their senders took samples.
    buffer : int, optional
        Workers in the buffer of latest gradients before there is an update; without it, there is
        no buffer.
    oldest : int, optional
        Updates that a gradient in the buffer may be old.
    """

    rule: Rule
    aggregation: Choice
    steps: LocalSteps
    optimizer: Optimizer
    slices: list[slice]
    compressor: Compressor | None = None
    compressor_down: Compressor | None = None
    replicas: int = 0
    failover: float = 1.0
    momentum: float = 0.0
    weighted: bool = False
    buffer: int | None = None
    oldest: int | None = None
