"""Recurrent layers: cells that are unrolled over the steps of a sequence, and back through time."""

from simulator.learning.models.recurrent.cell import Cell
from simulator.learning.models.recurrent.gated import gru_cell
from simulator.learning.models.recurrent.layers import encoder_decoder, recurrent
from simulator.learning.models.recurrent.memory import lstm_cell
from simulator.learning.models.recurrent.plain import rnn_cell

__all__ = ['Cell', 'encoder_decoder', 'gru_cell', 'lstm_cell', 'recurrent', 'rnn_cell']
