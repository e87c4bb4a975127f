"""The model that a run starts from."""

from __future__ import annotations

from pathlib import Path

from simulator.errors import DataError
from simulator.learning import Dataset, Learning, Model
from simulator.learning.layout import check_same, check_vocabulary, common
from simulator.scenario.kept import MODEL, kept_model, read_model
from simulator.scenario.schema import Learning as Section

__all__ = ['check_start', 'start_from']


def check_start(section: Section, seed: int, model: Model, data: Dataset) -> None:
    """Refuse a start that can't be read, or is of another model.

    A folder that holds no model yet is let pass: the scenario before this one in a chain will
    have filled it by the time this one runs.

    Raises
    ------
    DataError
        Saying what is wrong.
    """
    path = Path(section.start or '')
    if path.suffix != '.npz' and not any(path.rglob(MODEL)) and not path.is_file():
        return
    held = read_model(kept_model(path, seed))
    check_vocabulary(data.vocabulary, held)
    if section.start_layers == 'fitting':
        common(model, held)
    else:
        check_same(model, held)


def start_from(section: Section, seed: int, learning: Learning) -> None:
    """Let *learning* begin with the model that its section names.

    Raises
    ------
    DataError
        If there is none, or it is of another model.
    """
    try:
        held = read_model(kept_model(Path(section.start or ''), seed))
        learning.start_from(held, fitting=section.start_layers == 'fitting')
    except DataError as error:
        raise DataError(f'learning.start: {error}') from None
