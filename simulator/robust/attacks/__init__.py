"""Attacks: what Byzantine nodes send, or train on, in place of the truth.

An attack on values is called as ``attack(view, **options)``: a `View` shows what the adversary
knows, and the result is (b, d), one row a Byzantine node. One on data is called as
``attack(samples, rng, **options)`` once, and returns the samples to train on. Beside each stand
``acts_on`` ('values' or 'data'), ``knows`` ('all' honest vectors, or its 'own' nodes' only) and
``tries_rule``. One on time is called as ``attack(conduct, **options)`` and returns the `Conduct`
that node programs follow. From when to when an attack acts is the adversary's business, not the
attack's.

Signs: vectors are gradients g, and the model moves by -g.
"""

from simulator.catalogue import Catalogue
from simulator.robust.attacks.attack import Attack, Shard, View, attack
from simulator.robust.attacks.hidden import (
    inner_product,
    inner_product_optimized,
    largest_shift,
    little_is_enough,
    little_is_enough_optimized,
    min_max,
    min_sum,
)
from simulator.robust.attacks.plain import (
    constant,
    gaussian,
    infinite,
    nan,
    random,
    scaled,
    sign_flip,
    that_makes_the_mean,
    zero,
)
from simulator.robust.attacks.poison import (
    attack_success_rate,
    backdoor,
    label_flip,
    triggered,
    valid_flip,
)
from simulator.robust.attacks.protocol import (
    HONEST,
    Conduct,
    delay,
    equivocate,
    flood,
    rush,
    withhold,
)
from simulator.robust.attacks.targeted import dissensus, fang, mimic, one_coordinate
from simulator.robust.attacks.use import acts_on, knows, sent

__all__ = [
    'ATTACKS',
    'HONEST',
    'Attack',
    'Conduct',
    'Shard',
    'View',
    'acts_on',
    'attack',
    'attack_success_rate',
    'backdoor',
    'constant',
    'delay',
    'dissensus',
    'equivocate',
    'fang',
    'flood',
    'gaussian',
    'infinite',
    'inner_product',
    'inner_product_optimized',
    'knows',
    'label_flip',
    'largest_shift',
    'little_is_enough',
    'little_is_enough_optimized',
    'mimic',
    'min_max',
    'min_sum',
    'nan',
    'one_coordinate',
    'random',
    'rush',
    'scaled',
    'sent',
    'sign_flip',
    'that_makes_the_mean',
    'triggered',
    'withhold',
    'zero',
]

ATTACKS = Catalogue(
    'attack',
    {
        'sign_flip': sign_flip,
        'gaussian': gaussian,
        'random': random,
        'constant': constant,
        'scaled': scaled,
        'zero': zero,
        'infinite': infinite,
        'nan': nan,
        'little_is_enough': little_is_enough,
        'little_is_enough_optimized': little_is_enough_optimized,
        'inner_product': inner_product,
        'inner_product_optimized': inner_product_optimized,
        'mimic': mimic,
        'min_max': min_max,
        'min_sum': min_sum,
        'fang': fang,
        'one_coordinate': one_coordinate,
        'dissensus': dissensus,
        'equivocate': equivocate,
        'rush': rush,
        'withhold': withhold,
        'delay': delay,
        'flood': flood,
        'label_flip': label_flip,
        'backdoor': backdoor,
    },
    valid={'label_flip': valid_flip},
)
