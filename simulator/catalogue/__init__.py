"""Catalogues: the signature of a function is the schema of its options (design, section 3)."""

from simulator.catalogue.catalogue import Catalogue, Choice
from simulator.catalogue.describe import described, typed
from simulator.catalogue.docs import Doc, read_doc
from simulator.catalogue.entry import Entry
from simulator.catalogue.plain import Plain, plain_schema
from simulator.catalogue.plugins import Plugin, installed, load_plugin, packaged_plugins
from simulator.catalogue.problems import Fault, dotted, faults
from simulator.catalogue.schema import json_schema, partial
from simulator.catalogue.shape import Shape

__all__ = [
    'Catalogue',
    'Choice',
    'Doc',
    'Entry',
    'Fault',
    'Plain',
    'Plugin',
    'Shape',
    'described',
    'dotted',
    'faults',
    'installed',
    'json_schema',
    'load_plugin',
    'packaged_plugins',
    'partial',
    'plain_schema',
    'read_doc',
    'typed',
]
