"""Traces and run folders: what a run leaves, written so that a kill costs seconds."""

from simulator.recording.columns import Coded
from simulator.recording.options import RecordOptions, Thinning
from simulator.recording.recorder import Recorder

__all__ = ['Coded', 'RecordOptions', 'Recorder', 'Thinning']
