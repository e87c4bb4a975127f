"""Runs that are done, as models: what a teacher is, and what one asks for words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from simulator.errors import DataError
from simulator.learning import Dataset, Model
from simulator.learning.arrays import Floats
from simulator.scenario.kept import kept_model, read_model
from simulator.scenario.lessons import dataset_of
from simulator.scenario.schema import Scenario

__all__ = ['Trained']


class Trained(NamedTuple):
    """A model that a run has trained, with the data it was trained on.

    Attributes
    ----------
    model : Model
    parameters : array, shape (d,)
    statistics : array, shape (s,)
    data : Dataset
    options : mapping
        Those of the data set.
    """

    model: Model
    parameters: Floats
    statistics: Floats
    data: Dataset
    options: Mapping[str, Any]

    @classmethod
    def of(cls, path: Path, seed: int) -> Trained:
        """Return the model of a run.

        Parameters
        ----------
        path : Path
            As `kept_model` takes it; the run's scenario lies beside the file.
        seed : int
            Of the run that asks.

        Raises
        ------
        DataError
            If there is none, or it is not whole.
        """
        file = kept_model(path, seed)
        scenario = _scenario(file.parent / 'scenario.yaml')
        if scenario.learning is None:
            raise DataError(f'{file.parent} is a run that has learned nothing.')
        data = dataset_of(scenario.learning.data, scenario.seed)
        model: Model = scenario.learning.model(data.task)
        held = read_model(file)
        parameters = np.asarray(held['parameters'], np.float32)
        if parameters.shape != (model.dimension,):
            raise DataError(
                f'{file} holds {parameters.size} parameters, where the model of its scenario has '
                f'{model.dimension}; its data have changed since: run it again.'
            )
        statistics = np.asarray(held.get('statistics', model.statistics), np.float32)
        return cls(model, parameters, statistics, data, scenario.learning.data.options)


def _scenario(file: Path) -> Scenario:
    try:
        return Scenario.model_validate(YAML(typ='safe').load(file.read_text(encoding='utf-8')))
    except (OSError, YAMLError, ValidationError) as error:
        raise DataError(
            f'{file} is no scenario of a run ({type(error).__name__}); a teacher is a run of this '
            'version: its model.npz with its scenario.yaml.'
        ) from None
