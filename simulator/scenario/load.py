"""From a file to runs: read, merge, validate, check; all that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from simulator.errors import Problem, ScenarioError
from simulator.scenario.checks import check
from simulator.scenario.document import Mark, Node, parse, read_text
from simulator.scenario.expand import Assigned, Checks, expand, split_key
from simulator.scenario.schema import as_name
from simulator.scenario.spec import RunSpec

__all__ = ['load', 'load_text']


def load(
    path: str | Path,
    *,
    sets: Iterable[str] = (),
    seed: int | None = None,
    checks: Checks | None = None,
) -> list[RunSpec]:
    """Return the runs of a scenario file.

    Parameters
    ----------
    path : str or Path
        The file.
    sets : iterable of str
        ``key=value`` texts that go before the file, variants and varied keys alike; an axis of
        the grid that such a key decides is dropped. ``vary.KEY=[...]`` changes the grid itself.
    seed : int, optional
        The same as ``seed=...`` in *sets*.
    checks : callable, optional
        Called with each run, yields what does not fit together; by default
        `simulator.scenario.checks.check`.

    Raises
    ------
    ScenarioError
        With all that is wrong, sorted by line.
    """
    file = Path(path)
    return load_text(read_text(file), str(path), sets=sets, seed=seed, checks=checks)


def load_text(
    text: str,
    file: str = 'scenario.yaml',
    *,
    sets: Iterable[str] = (),
    seed: int | None = None,
    checks: Checks | None = None,
) -> list[RunSpec]:
    """Return the runs of the scenario in *text*; parameters as for `load`."""
    assigned = [_assigned(each) for each in sets]
    if seed is not None:
        assigned.append(Assigned('seed', Node(seed, Mark('--seed'), Mark('--seed'))))
    problems: list[Problem] = []
    root = _rooted(parse(text, file, problems=problems), text, file)
    return expand(root, assigned, check if checks is None else checks, problems)


def _assigned(text: str) -> Assigned:
    key, equals, value = text.partition('=')
    label = f'--set {text}'
    if not equals or not all(split_key(key.strip())):
        raise ScenarioError([Problem('write --set key=value, such as stop.rounds=10', file=label)])
    node = parse(value, label, placed=False)
    return Assigned(key.strip(), replace(node, key=node.mark))


def _rooted(root: Node, text: str, file: str) -> Node:
    """Return the file's mapping with its name and question filled in."""
    if root.value is None:
        raise ScenarioError([Problem('is empty; a scenario needs cluster and training', '', file)])
    if not isinstance(root.value, dict):
        message = 'a scenario is a mapping of name, cluster, training, ...'
        raise ScenarioError([Problem(message, '', *root.mark)])
    given = {'name': Node(_name(file), root.mark), **root.value}
    if question := _question(text):
        given = {**given, 'question': root.value.get('question', Node(question, root.mark))}
    return replace(root, value=given)


def _name(file: str) -> str:
    stem = Path(file).stem
    try:
        return as_name(stem)
    except ValueError:
        return 'scenario'


def _question(text: str) -> str:
    """Return the comment that the file begins with, without editors' own lines."""
    lines = list[str]()
    for line in text.lstrip('\ufeff').splitlines():
        if line.strip() and not line.startswith('#'):
            break
        said = line.lstrip('#').strip()
        if not said and lines:
            break
        if said and not said.startswith(('yaml-language-server:', '!', '-*-')):
            lines.append(said)
    return '\n'.join(lines)
