"""`bosphorus words`, `bosphorus complete`: what language models of finished runs have learned."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ['complete', 'words']

RUN = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument('run', type=RUN)
@click.argument('word', nargs=-1, required=True)
@click.option('--count', default=10, show_default=True, help='How many words to show.')
def words(run: Path, word: tuple[str, ...], count: int) -> None:
    """Show the words nearest to WORD by the vectors a finished RUN has learned.

    With three words it is an analogy: what is to the third as the second is to the first?
    """
    from simulator.learning.vectors import WordVectors
    from simulator.scenario.trained import Trained

    if len(word) not in (1, 3):
        raise click.UsageError('give one word, or three for an analogy.')
    trained = Trained.of(run, 0)
    vectors = WordVectors.of(trained.model, trained.parameters, trained.data.vocabulary)
    if len(word) == 1:
        found = vectors.nearest(word[0], count)
    else:
        found = vectors.analogy(word[0], word[1], word[2], count)
    for other, cosine in found:
        click.echo(f'{cosine:6.3f}  {other}')


@click.command()
@click.argument('run', type=RUN)
@click.argument('text')
@click.option('--tokens', default=40, show_default=True, help='How many tokens to add.')
def complete(run: Path, text: str, tokens: int) -> None:
    """Let the language model of a finished RUN go on with TEXT, the likeliest token each time."""
    import numpy as np

    from simulator.learning.data.corpus import numbers_of, tokens_of
    from simulator.learning.decoding import continued
    from simulator.scenario.trained import Trained

    trained = Trained.of(run, 0)
    options = trained.options
    given = tokens_of(text, options.get('unit', 'characters'), options.get('lower', True))
    known = trained.data.vocabulary
    start = np.array(numbers_of(given, known), int)
    found = continued(trained.model, trained.parameters, trained.data.task, start, tokens)
    blank = ' ' if options.get('unit') == 'words' else ''
    click.echo(blank.join(known[token] for token in found))
