"""Learning: data, partitions, models, optimizers, and gradients for many workers at once.

Pure numpy: nothing here knows of time or of networks. `Learning` bundles what a training
algorithm needs; the catalogues are `DATA`, `PARTITIONS`, `MODELS`,
`OPTIMIZERS` and `SCHEDULES`.
"""

from simulator.learning.arrays import frozen
from simulator.learning.batches import Batches
from simulator.learning.data import DATA, Dataset, Samples, blobs, digits, xor
from simulator.learning.learning import Learning
from simulator.learning.models import (
    MODELS,
    Evaluation,
    Gradients,
    Model,
    cnn,
    gru,
    linear,
    lstm,
    mlp,
    ngram,
    perceptron,
    rnn,
    transformer,
    window_mlp,
)
from simulator.learning.optimizers import OPTIMIZERS, Optimizer, adam, momentum, nesterov, sgd
from simulator.learning.partitions import PARTITIONS, dirichlet, iid, shards
from simulator.learning.pool import GradientPool, Pending
from simulator.learning.regularization import Regularization, regularization
from simulator.learning.schedules import SCHEDULES, Schedule
from simulator.learning.task import Task

__all__ = [
    'DATA',
    'MODELS',
    'OPTIMIZERS',
    'PARTITIONS',
    'SCHEDULES',
    'Batches',
    'Dataset',
    'Evaluation',
    'GradientPool',
    'Gradients',
    'Learning',
    'Model',
    'Optimizer',
    'Pending',
    'Regularization',
    'Samples',
    'Schedule',
    'Task',
    'adam',
    'blobs',
    'cnn',
    'digits',
    'dirichlet',
    'frozen',
    'gru',
    'iid',
    'linear',
    'lstm',
    'mlp',
    'momentum',
    'nesterov',
    'ngram',
    'perceptron',
    'regularization',
    'rnn',
    'sgd',
    'shards',
    'transformer',
    'window_mlp',
    'xor',
]
