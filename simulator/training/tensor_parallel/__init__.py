"""Tensor parallelism: the products of each layer split over devices, which add up or gather."""
