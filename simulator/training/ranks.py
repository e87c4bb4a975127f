"""The ranks of a collective: a cluster's workers, and what its topology says about them."""

from __future__ import annotations

from simulator.cluster.cluster import Cluster
from simulator.collectives import Ranks
from simulator.training.facts import Facts, groups_of

__all__ = ['ranks_of']


def ranks_of(place: Cluster | Facts) -> Ranks:
    """Return the workers of a cluster as ranks, in the order of their numbers."""
    if isinstance(place, Facts):
        return Ranks(place.workers, groups=place.groups)
    return Ranks(len(place.workers), groups=groups_of(place.graph, place.workers))
