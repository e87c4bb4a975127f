"""Named links and devices that differ from the others."""

from __future__ import annotations

from pydantic import Field

from simulator.cluster.laws import (
    ChanceOrLaw,
    KindOrLaw,
    RateOrLaw,
    SizeOrLaw,
    SpeedOrLaw,
    TimeOrLaw,
)
from simulator.scenario.section import Section

__all__ = ['DeviceOverride', 'LinkOverride', 'Overrides']


class LinkOverride(Section):
    """What named links have instead of the general values."""

    bandwidth: RateOrLaw | None = None
    """Rate at which bytes pass."""
    latency: TimeOrLaw | None = None
    """Time a byte is on its way."""
    loss: ChanceOrLaw | None = None
    """Probability that a message is lost on the link."""


class DeviceOverride(Section):
    """What named devices have instead of the general values."""

    speed: SpeedOrLaw | None = None
    """Speed of computation."""
    reduce: RateOrLaw | None = None
    """Rate at which received bytes are added up in a collective."""
    memory: SizeOrLaw | None = None
    """Memory, for what is placed on devices."""
    kind: KindOrLaw | None = None
    """Kind, for operations that need one."""


class Overrides(Section):
    """Named links and devices that differ from the others; later entries go before earlier ones.

    A device is a node number, a range `0..7`, or `*`. A link is two of them joined: `0-16` is
    both directions, `0>16` the one from 0 to 16; `0..7-16` all links between the two ends.
    """

    links: dict[str, LinkOverride] = Field(default={})
    """By link, such as "0-16"."""
    devices: dict[str, DeviceOverride] = Field(default={})
    """By device, such as 3 or 0..7."""
