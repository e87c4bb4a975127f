"""Pipelines: a model cut into stages, through which micro-batches flow."""
