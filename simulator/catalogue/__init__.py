"""Catalogues: the signature of a function is the schema of its options (design, section 3)."""

from simulator.catalogue.catalogue import Catalogue, Choice
from simulator.catalogue.entry import Entry

__all__ = ['Catalogue', 'Choice', 'Entry']
