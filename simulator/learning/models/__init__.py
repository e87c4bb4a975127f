"""Small real models on flat parameters, with exact gradients for a whole stack of workers.

`MODELS` is the catalogue; `Model` says what each answers. A network is a chain of layers
(`layer.py` says what one is) with a loss at its end.
"""

from collections.abc import Callable

from simulator.learning.models.cnn import cnn
from simulator.learning.models.linear import linear
from simulator.learning.models.mlp import mlp
from simulator.learning.models.model import Evaluation, Gradients, Model, Part, account
from simulator.learning.models.ngram import ngram
from simulator.learning.models.perceptron import perceptron
from simulator.learning.models.recurrent_networks import gru, lstm, rnn
from simulator.learning.models.transformer import transformer
from simulator.learning.models.window import window_mlp
from simulator.learning.task import Task

__all__ = [
    'MODELS',
    'Evaluation',
    'Gradients',
    'Model',
    'Part',
    'Task',
    'account',
    'cnn',
    'gru',
    'linear',
    'lstm',
    'mlp',
    'ngram',
    'perceptron',
    'rnn',
    'transformer',
    'window_mlp',
]

MODELS: dict[str, Callable[..., Model]] = {
    'linear': linear,
    'perceptron': perceptron,
    'mlp': mlp,
    'cnn': cnn,
    'rnn': rnn,
    'lstm': lstm,
    'gru': gru,
    'transformer': transformer,
    'window_mlp': window_mlp,
    'ngram': ngram,
}
