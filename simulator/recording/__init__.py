"""Traces and run folders: what a run leaves, written so that a kill costs seconds."""

from simulator.recording.columns import Coded
from simulator.recording.folder import RunFolder, note, save_model
from simulator.recording.identity import Identity
from simulator.recording.options import RecordOptions, Thinning
from simulator.recording.progress import Progress
from simulator.recording.recorder import Recorder

__all__ = [
    'Coded',
    'Identity',
    'Progress',
    'RecordOptions',
    'Recorder',
    'RunFolder',
    'Thinning',
    'note',
    'save_model',
]
