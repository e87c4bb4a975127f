"""The training kind guanyu, and its options."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Ge

from simulator.catalogue import Choice
from simulator.learning import sgd
from simulator.robust.aggregation import RULES
from simulator.training.experiment import Experiment
from simulator.training.guanyu.numbers import PerRole, numbers_of
from simulator.training.guanyu.programs import GuanYu, Settings
from simulator.training.local import Growth, LocalSteps, Steps

__all__ = ['guanyu']


def guanyu(
    experiment: Experiment,
    *,
    aggregation: Annotated[Choice, RULES] = RULES.choice('median'),
    byzantine: PerRole | None = None,
    quorum: PerRole | None = None,
    gather_every: Annotated[int, Ge(1)] = 1,
    local_steps: Steps = 1,
    local_growth: Growth = 1.0,
) -> dict[str, Any]:
    """Keep the model at several servers, of which some may be Byzantine, as some workers may.

    In each step a server sends its model to all workers; a worker takes the coordinate-wise
    median of the first q_ps models it receives, computes a gradient there, and sends it to all
    servers; a server aggregates the first q_wr gradients with the rule F, applies that, sends its
    model to all servers, and takes the median of the first q_ps, its own among them. Nobody waits
    for more, so that neither a Byzantine node's silence nor a slow link holds a step up, and two
    servers may well use different quorums.

    With n nodes of a role, f of them Byzantine, n >= 3f + 3 and 2f + 3 <= q <= n - f must hold.
    F has to survive f of the q_wr gradients it is handed. How many nodes really lie is the
    adversary's affair.

    Who is late drops what is over: a worker goes on with the latest step of which it has enough
    models; a server that hears of enough servers which have finished a later step takes the median
    of theirs. So does one that comes back from a crash. Models are sent once a step, and only to
    be used in that step.

    A round is over when all honest servers that are not down have finished a step. The model of
    the run is the coordinate-wise median of theirs; `server_distance` is the largest distance (L2)
    between two of them.

    Parameters
    ----------
    aggregation : aggregation rule
        F: how a server makes one gradient of a quorum's.
    byzantine : {servers, workers}
        f: how many may be Byzantine; by default the most, (n - 3) / 3.
    quorum : {servers, workers}
        q: for how many messages a node waits, of servers or of workers; by default n - f.
    gather_every : int
        Steps after which servers exchange their models; between, each goes its own way, and the
        workers' medians alone hold them together.
    local_steps : int
        H: steps of a worker between receiving models and sending how far it has come; the server
        then moves by F of that.
    local_growth : float
        By what H is multiplied each step.

    References
    ----------
    .. [1] El-Mhamdi, Guerraoui, Guirguis, Hoang & Rouault, "Genuinely Distributed Byzantine
       Machine Learning", PODC 2020, arXiv:1905.03853 (GuanYu; its `gather_every`: ByzSGD).
    """
    steps = LocalSteps(local_steps, local_growth)
    settings = Settings(
        aggregation,
        numbers_of(len(experiment.servers), 'servers', byzantine, quorum),
        numbers_of(len(experiment.workers), 'workers', byzantine, quorum),
        steps,
        experiment.optimizer if steps.are_plain else sgd(rate=1.0),
        gather_every,
    )
    return GuanYu(experiment, settings).run()
