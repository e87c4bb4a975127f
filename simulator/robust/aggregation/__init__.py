"""Aggregation rules: (n, d) -> (d,), whatever up to f of the n vectors are.

Every rule is called in the same way, ``rule(vectors, context, **options)``, or, where a scenario
has chosen it, ``aggregate(choice, vectors, context)``:

* *vectors* is an array (n, d), or a list of what n senders sent: None where nothing came. Rules
  never write to it. What is no finite vector counts as zeros (see `received`), but for `mean`,
  which shows what a nan does.
* *context* holds what some rules need besides: a generator for those that draw (`bucketing`,
  `dnc`), samples for those that weigh, and what the rule returned last, which is all the state a
  rule may have (`centered_clipping`). It may be left out where a rule needs nothing.
* *options* are those of the signature. Where one is `f`, it is the number of liars that the rule
  is told, and too large an f for n is refused.

Beside each rule stand, as data, ``tolerance(n, **options)``, ``check(n, **options)``,
``promises``, ``flops(n, d, **options)``, ``selects`` and ``constant(n, f=f)``.
"""

from simulator.robust.aggregation.brute import brute
from simulator.robust.aggregation.bulyan import bulyan
from simulator.robust.aggregation.catalogue import RULES
from simulator.robust.aggregation.centered_clipping import centered_clipping
from simulator.robust.aggregation.coordinatewise import (
    mean_around_median,
    median,
    sign_majority,
    trimmed_mean,
)
from simulator.robust.aggregation.distances import squared_distances
from simulator.robust.aggregation.filters import caf, dnc
from simulator.robust.aggregation.geometric_median import geometric_median, optimality_gap
from simulator.robust.aggregation.krum import krum, multi_krum
from simulator.robust.aggregation.mean import mean
from simulator.robust.aggregation.monna import monna
from simulator.robust.aggregation.received import cleaned
from simulator.robust.aggregation.rule import (
    ALONE,
    Context,
    Needs,
    Outcome,
    Promises,
    Rule,
    rule,
)
from simulator.robust.aggregation.use import (
    aggregate,
    constant,
    flops,
    outcome,
    problems,
    promised,
    promises,
    selected,
    told,
    tolerance,
)
from simulator.robust.aggregation.wrapper import Wrapper, wrapper
from simulator.robust.aggregation.wrappers import (
    adaptive_clipping,
    bucketing,
    clipping,
    mixed,
    nearest_neighbour_mixing,
)

__all__ = [
    'ALONE',
    'RULES',
    'Context',
    'Needs',
    'Outcome',
    'Promises',
    'Rule',
    'Wrapper',
    'adaptive_clipping',
    'aggregate',
    'brute',
    'bucketing',
    'bulyan',
    'caf',
    'centered_clipping',
    'cleaned',
    'clipping',
    'constant',
    'dnc',
    'flops',
    'geometric_median',
    'krum',
    'mean',
    'mean_around_median',
    'median',
    'mixed',
    'monna',
    'multi_krum',
    'nearest_neighbour_mixing',
    'optimality_gap',
    'outcome',
    'problems',
    'promised',
    'promises',
    'rule',
    'selected',
    'sign_majority',
    'squared_distances',
    'told',
    'tolerance',
    'trimmed_mean',
    'wrapper',
]

RULES.add(
    {
        'nearest_neighbour_mixing': nearest_neighbour_mixing,
        'bucketing': bucketing,
        'clipping': clipping,
        'adaptive_clipping': adaptive_clipping,
    },
    source='',
)
