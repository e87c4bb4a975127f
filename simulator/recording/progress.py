"""How far a run has come."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ['Progress']


@dataclass(frozen=True)
class Progress:
    """What a run says about itself while it goes on.

    Attributes
    ----------
    rounds : int
        Rounds done.
    simulated_seconds : float
        Simulated time, s.
    messages : int
        Messages handed to the network so far.
    loss : float, optional
        Latest training loss.
    accuracy : float, optional
        Latest test accuracy, 0..1.
    share : float, optional
        How much of the run is done by its nearest stop criterion, 0..1.
    """

    rounds: int = 0
    simulated_seconds: float = 0.0
    messages: int = 0
    loss: float | None = None
    accuracy: float | None = None
    share: float | None = None
