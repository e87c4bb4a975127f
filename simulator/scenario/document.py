"""YAML 1.2 as a tree of nodes that know where they stand.

ruamel.yaml parses; scalars are resolved here by YAML 1.2's core schema, so that `no` is a text and
`1e-3` a number. All that could make a file dangerous (size, depth, aliases that multiply, tags) is
refused while events come in, before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

from simulator.catalogue import dotted
from simulator.errors import Problem, ScenarioError

__all__ = ['Mark', 'Node', 'mapping', 'parse', 'read_text']

Place: TypeAlias = tuple[str | int, ...]

MOST_BYTES = 1_000_000
MOST_NODES = 50_000
DEEPEST = 40

_NULL = re.compile(r'(~|null|Null|NULL)?')
_BOOL = re.compile(r'true|True|TRUE|false|False|FALSE')
_INT = re.compile(r'[-+]?[0-9]{1,30}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16}')
_FLOAT = re.compile(
    r'[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)'
)


class Mark(NamedTuple):
    """Where a text stands; line and column count from 1, 0 where they mean nothing."""

    file: str = ''
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a scenario and where it stands.

    Attributes
    ----------
    value : dict of str to Node, list of Node, or scalar
    mark : Mark
        Where the value begins.
    key : Mark or None
        Where its key stands, if it has one.
    """

    value: Any
    mark: Mark = field(default_factory=Mark)
    key: Mark | None = None

    def plain(self) -> Any:
        """Return the value as plain data.

        Examples
        --------
        >>> parse('a: [1, {b: 2 s}]').plain()
        {'a': [1, {'b': '2 s'}]}
        """
        if isinstance(self.value, dict):
            return {key: each.plain() for key, each in self.value.items()}
        if isinstance(self.value, list):
            return [each.plain() for each in self.value]
        return self.value

    def trail(self, place: Place) -> list[Node]:
        """Return the nodes on the way to *place*, as far as it leads."""
        nodes = [self]
        for step in place:
            value = nodes[-1].value
            children = dict(enumerate(value)) if isinstance(value, list) else value
            if not isinstance(children, dict) or step not in children:
                break
            nodes.append(children[step])
        return nodes


def mapping(value: dict[str, Node], mark: Mark) -> Node:
    """Return a mapping made by the program, for which *mark* answers."""
    return Node(value, mark, mark)


def read_text(path: Path) -> str:
    """Return the text of a scenario file.

    Raises
    ------
    ScenarioError
        If it can't be read, is too large, or is no UTF-8 text.
    """

    def refused(message: str) -> ScenarioError:
        return ScenarioError([Problem(message, file=str(path))])

    try:
        with path.open('rb') as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise refused(error.strerror or str(error)) from error
    if len(content) > MOST_BYTES:
        raise refused(f'is larger than {MOST_BYTES // 10**6} MB, so it is hardly a scenario')
    try:
        text = content.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise refused(f'is no UTF-8 text (byte {error.start})') from error
    if '\0' in text:
        raise refused('is a binary file, not a scenario')
    return text


def parse(
    text: str, file: str = '', *, placed: bool = True, problems: list[Problem] | None = None
) -> Node:
    r"""Return the tree of the one YAML document in *text*.

    Parameters
    ----------
    text : str
        YAML 1.2.
    file : str
        What messages call it.
    placed : bool
        Whether lines and columns mean anything; not for a value from the command line.
    problems : list of Problem, optional
        Where to note what does not keep the rest from being read: duplicate keys, tags and the
        like. By default they are errors as well.

    Raises
    ------
    ScenarioError
        With all that was noted, if the text ends where it should not.

    Examples
    --------
    >>> parse('{retries: 1e3, country: no}').plain()
    {'retries': 1000.0, 'country': 'no'}
    >>> parse('a: 1\na: 2', 'x.yaml')
    Traceback (most recent call last):
    simulator.errors.ScenarioError: x.yaml:2:1: error: a: repeats the key of line 1
    """
    reader = _Reader(file, placed)
    try:
        node = reader.read(YAML(typ='safe', pure=True).parse(text))
    except MarkedYAMLError as error:
        reader.problem(_syntax(error), reader.mark(error.problem_mark or error.context_mark))
    except _TooMuchError:
        pass  # already noted
    except ReaderError as error:
        before = text[: error.position]
        place = (before.count('\n') + 1, error.position - before.rfind('\n')) if placed else ()
        reader.problem(f'the character {error.character:#x} is no text', Mark(file, *place))
    else:
        if problems is not None:
            problems.extend(reader.problems)
            return node
    if reader.problems:
        raise ScenarioError(reader.problems)
    return node


class _TooMuchError(YAMLError):
    """Enough is enough."""


class _Reader:
    """Builds nodes out of parser events; keeps count of what could get out of hand."""

    def __init__(self, file: str, placed: bool):
        self.problems: list[Problem] = []
        self._file = file
        self._placed = placed
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._nodes = 0

    def mark(self, mark: Any) -> Mark:
        """Return our mark for ruamel's, which counts from 0."""
        if not self._placed or mark is None:
            return Mark(self._file)
        return Mark(self._file, mark.line + 1, mark.column + 1)

    def problem(self, message: str, mark: Mark, path: str = '') -> None:
        """Note a problem."""
        self.problems.append(Problem(message, path, *mark))

    def read(self, events: Iterator[Event]) -> Node:
        """Return the node of the only document."""
        root, documents = (
            Node(None, Mark(self._file, 1, 1) if self._placed else Mark(self._file)),
            0,
        )
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
            elif isinstance(event, NodeEvent) and documents == 1:
                root = self._node(event, events, ())
            elif isinstance(event, NodeEvent):
                self.problem('begins a second document; a file holds one', self._at(event))
                break
        return root

    def _node(self, event: NodeEvent, events: Iterator[Any], path: Place) -> Node:
        mark, before = self._at(event), self._nodes
        self._count(1, path, mark)
        if isinstance(event, AliasEvent):
            return self._aliased(event, path, mark)
        # '!' alone is YAML's way to say that a text is a text
        if getattr(event, 'tag', None) not in (None, '!'):
            self.problem('carries a tag; a scenario holds plain data', mark, dotted(path))
        if isinstance(event, ScalarEvent):
            node = Node(_scalar(event), mark)
        elif isinstance(event, MappingStartEvent):
            node = Node(self._mapping(events, path), mark)
        else:
            node = Node(self._list(events, path), mark)
        if event.anchor is not None:
            self._anchors[event.anchor] = node, self._nodes - before
        return node

    def _mapping(self, events: Iterator[Any], path: Place) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for event in events:
            if isinstance(event, CollectionEndEvent):
                break
            mark = self._at(event)
            if isinstance(event, ScalarEvent):
                name = event.value
            else:
                name = ''
                self._node(event, events, path)
            inner = (*path, name)
            value = self._node(next(events), events, inner)
            if not name:
                self.problem('must be a key: a text', mark, dotted(path))
            elif name in found:
                self.problem(_repeats(found[name]), mark, dotted(inner))
            else:
                found[name] = replace(value, key=mark)
        return found

    def _list(self, events: Iterator[Any], path: Place) -> list[Node]:
        found = list[Node]()
        for event in events:
            if isinstance(event, CollectionEndEvent):
                break
            found.append(self._node(event, events, (*path, len(found))))
        return found

    def _aliased(self, event: AliasEvent, path: Place, mark: Mark) -> Node:
        if event.anchor not in self._anchors:
            self.problem(f'nothing is called &{event.anchor} above', mark, dotted(path))
            return Node(None, mark)
        node, size = self._anchors[event.anchor]
        self._count(size, path, mark)
        return replace(node, mark=mark)

    def _count(self, more: int, path: Place, mark: Mark) -> None:
        """Stop before a small file becomes a large tree, or a deep one the end of the stack."""
        self._nodes += more
        if len(path) > DEEPEST:
            self.problem(f'is nested more than {DEEPEST} deep', mark)
            raise _TooMuchError
        if self._nodes > MOST_NODES:
            self.problem(f'makes the file hold more than {MOST_NODES} values', mark)
            raise _TooMuchError

    def _at(self, event: Event) -> Mark:
        return self.mark(event.start_mark)


def _repeats(first: Node) -> str:
    line = first.key.line if first.key else 0
    return f'repeats the key of line {line}' if line else 'stands here twice'


def _scalar(event: ScalarEvent) -> str | int | float | bool | None:
    text: str = event.value
    if event.style is not None or event.tag is not None:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == 'true'
    if _INT.fullmatch(text):
        # base 0 refuses leading zeros, which YAML allows
        return int(text, 0) if text[:2] in ('0o', '0x') else int(text)
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace('.inf', 'inf').replace('.nan', 'nan'))
    return text


def _syntax(error: MarkedYAMLError) -> str:
    parts = [error.problem or 'is no YAML', error.context]
    return 'YAML: ' + ', '.join(part for part in parts if part).replace("'\\x00'", 'the end')
