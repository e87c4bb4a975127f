"""Texts, cut into tokens: the language reference of Python, or a file of the user's own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Literal, NamedTuple

from simulator.errors import DataError
from simulator.learning.data.files import read

Unit = Literal['characters', 'words']

UNKNOWN, MASK = 0, 1
MARKS = ('<unknown>', '<mask>')
"""The first tokens of every vocabulary: what is not in it, and what is hidden."""

WORDS = re.compile(r'\w+|[^\w\s]')


class Corpus(NamedTuple):
    """A text in parts, each with a title.

    Attributes
    ----------
    parts : mapping of str to str
    sha256 : str
        Of the whole text.
    """

    parts: Mapping[str, str]
    sha256: str

    def tokens(self, unit: Unit, *, lower: bool) -> Iterator[str]:
        """Yield all tokens of all parts."""
        for part in self.parts.values():
            yield from tokens_of(part, unit, lower)


def reference() -> Corpus:
    """Return Python's language reference, topic by topic, from the standard library.

    Topics repeat passages of others, which would be trained on and tested alike: a paragraph is
    kept where it stands first. Another version of Python has another text: the hash tells.
    """
    from pydoc_data.topics import topics

    whole = ''.join(f'{title}\n{text}\n' for title, text in sorted(topics.items()))
    parts, seen = {}, set[str]()
    for title, text in sorted(topics.items()):
        paragraphs = [each.strip() for each in re.split(r'\n\s*\n', text)]
        fresh = list(dict.fromkeys(each for each in paragraphs if each not in seen))
        seen.update(fresh)
        parts[title] = '\n\n'.join(fresh)
    return Corpus(parts, sha256(whole.encode()).hexdigest())


def own(path: str) -> Corpus:
    """Return the text in a file, as one part.

    Raises
    ------
    DataError
        If it can't be read, is not UTF-8, or is empty.
    """
    raw = read(path)
    try:
        text = raw.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise DataError(
            f'{path}: no text in UTF-8: byte {error.start} is {raw[error.start]:#04x}; '
            'save it as UTF-8.'
        ) from None
    if not text.strip():
        raise DataError(f'{path}: there is no text in it.')
    return Corpus({path: text}, sha256(raw).hexdigest())


def tokens_of(text: str, unit: Unit, lower: bool) -> Sequence[str]:
    """Return the characters of a text, runs of white space as one blank; or its words and signs.

    Examples
    --------
    >>> tokens_of('It is  so.', 'words', lower=True)
    ['it', 'is', 'so', '.']
    """
    text = text.lower() if lower else text
    return WORDS.findall(text) if unit == 'words' else re.sub(r'\s+', ' ', text).strip()


def vocabulary_of(tokens: Iterable[str], most: int) -> tuple[str, ...]:
    """Return the marks, then the most frequent tokens: *most* altogether.

    Examples
    --------
    >>> vocabulary_of('banana', 4)
    ('<unknown>', '<mask>', 'a', 'n')
    """
    # ties by name: the same whatever came first
    ordered = sorted(Counter(tokens).items(), key=lambda item: (-item[1], item[0]))
    return (*MARKS, *(token for token, _ in ordered[: most - len(MARKS)]))


def numbers_of(tokens: Iterable[str], vocabulary: Sequence[str]) -> list[int]:
    """Return the tokens' numbers; that of `<unknown>` for those outside the vocabulary.

    Examples
    --------
    >>> numbers_of('nab', ('<unknown>', '<mask>', 'a', 'n'))
    [3, 2, 0]
    """
    known = {token: number for number, token in enumerate(vocabulary)}
    return [known.get(token, UNKNOWN) for token in tokens]
