"""What transformers are made of: attention, layer normalization, blocks around them."""

from simulator.learning.models.attention.blocks import Region, residual
from simulator.learning.models.attention.heads import attention, cross_attention
from simulator.learning.models.attention.norm import layer_norm

__all__ = ['Region', 'attention', 'cross_attention', 'layer_norm', 'residual']
