"""The files a scenario names: found beside it, and part of what a run is.

An option is such a file if its type is `simulator.units.InputFile`. A relative name belongs to
the folder of the scenario file it stands in; one from the command line, to the folder one is in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.catalogue import Shape
from simulator.errors import DataError
from simulator.scenario.document import Node
from simulator.scenario.kept import kept_model
from simulator.scenario.schema import ScenarioFile

__all__ = ['anchored', 'input_files', 'without_folders']

SHAPE = Shape(ScenarioFile)


def anchored(node: Node, shape: Shape = SHAPE) -> Node:
    """Return the tree of a run with the names of its files made absolute."""
    if isinstance(node.value, dict):
        inner = {key: anchored(each, shape.at(key)) for key, each in node.value.items()}
        return replace(node, value=inner)
    if isinstance(node.value, list):
        each = [anchored(each, shape.at(k)) for k, each in enumerate(node.value)]
        return replace(node, value=each)
    if shape.is_file and isinstance(node.value, str):
        # a text from the command line has a label instead of a file, and no line
        folder = Path(node.mark.file).parent if node.mark.line else Path()
        return replace(node, value=str((folder / node.value).resolve()))
    return node


def input_files(resolved: Mapping[str, Any]) -> list[Path]:
    """Return the files that a run reads, in the order of the resolved scenario.

    One that is not there is the run's own error to tell.
    """
    seed = int(resolved.get('seed', 0))
    named = (_model(Path(name), seed) for name in _names(resolved, SHAPE))
    return [path for path in named if path.is_file()]


def without_folders(data: Any, shape: Shape = SHAPE) -> Any:
    """Return a resolved scenario with the bare names of its files, the same on any machine."""
    if isinstance(data, Mapping):
        return {key: without_folders(each, shape.at(key)) for key, each in data.items()}
    if isinstance(data, list):
        return [without_folders(each, shape.at(k)) for k, each in enumerate(data)]
    return Path(data).name if shape.is_file and isinstance(data, str) else data


def _model(path: Path, seed: int) -> Path:
    """Return the file that stands for *path*: where it is a folder of runs, a model kept there."""
    try:
        return kept_model(path, seed)
    except DataError:
        return path


def _names(data: Any, shape: Shape) -> Iterator[str]:
    """Yield the names of files in plain *data*."""
    if isinstance(data, Mapping | list):
        for key, each in data.items() if isinstance(data, Mapping) else enumerate(data):
            yield from _names(each, shape.at(key))
    elif shape.is_file and isinstance(data, str):
        yield data
