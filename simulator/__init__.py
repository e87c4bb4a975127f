"""Bosphorus: a discrete-event simulator for distributed and Byzantine learning."""

__version__ = '0.1.0'
