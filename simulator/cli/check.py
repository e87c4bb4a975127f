"""`bosphorus check`: whether a scenario is right, and what it would run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.scenario import RunSpec

__all__ = ['check']

MOST_SHOWN = 40
MOST_LAYERS = 4

PATH = click.Path(path_type=Path)


@click.command()
@click.argument('scenarios', metavar='SCENARIO...', nargs=-1, required=True, type=PATH)
@click.option('--set', 'sets', multiple=True, metavar='KEY=VALUE', help='Set a key of each run.')
@click.option('--seed', type=click.IntRange(min=0), help='The same as --set seed=N.')
@click.option(
    '--plugin', 'plugins', multiple=True, metavar='FILE.py', type=PATH, help='Entries of your own.'
)
@click.option('--json', 'as_json', is_flag=True, help='Print one JSON object.')
def check(
    scenarios: tuple[Path, ...],
    sets: tuple[str, ...],
    seed: int | None,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Say whether each SCENARIO is right, and what it would run.

    All that is wrong is told at once, with file, line and column, and exit code 2. Beside each
    run stands what closed forms say of its traffic and time, where there are any; below, what
    each model holds and costs.
    """
    import json

    from simulator.sweep.plan import plugged

    with plugged(plugins):
        found = _checked(scenarios, sets, seed)
        if as_json:
            files = [
                {'file': str(path), 'runs': [_described(spec) for spec in specs]}
                for path, specs in found
            ]
            click.echo(json.dumps({'scenarios': files}, ensure_ascii=False))
        else:
            for path, specs in found:
                _show(path, specs)


def _checked(
    paths: Iterable[Path], sets: Sequence[str], seed: int | None
) -> list[tuple[Path, list[RunSpec]]]:
    """Return the runs of each file; tell what is wrong with any of them."""
    from simulator.errors import Problem, ScenarioError
    from simulator.scenario import load

    problems: list[Problem] = []
    found = []
    for path in paths:
        try:
            found.append((path, load(path, sets=sets, seed=seed)))
        except ScenarioError as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioError(problems)
    return found


def _described(spec: RunSpec) -> dict[str, Any]:
    from simulator.scenario.known import modelled, predicted

    return {
        'variant': spec.variant,
        'vary': dict(spec.vary),
        'seed': spec.seed,
        'predicted': predicted(spec.scenario),
        'model': modelled(spec.scenario),
    }


def _show(path: Path, specs: list[RunSpec]) -> None:
    from simulator.cli.tables import show_table

    runs = [_described(spec) for spec in specs[:MOST_SHOWN]]
    varied = list(dict.fromkeys(key for run in runs for key in run['vary'] if key != 'seed'))
    figures = list(dict.fromkeys(key for run in runs for key in run['predicted']))
    rows = [
        [
            run['variant'],
            str(run['seed']),
            *(_text(run['vary'].get(key, '')) for key in varied),
            *(_figure(key, run['predicted'].get(key)) for key in figures),
        ]
        for run in runs
    ]
    heads = ['variant', 'seed', *varied, *(f'predicted {_words(key)}' for key in figures)]
    title = f'{path}: {len(specs)} run{"s" if len(specs) > 1 else ""} of {specs[0].scenario.name}'
    show_table(heads, rows, title=title)
    if len(specs) > MOST_SHOWN:
        click.echo(f'... and {len(specs) - MOST_SHOWN} more')
    models = _models(runs)
    if models:
        heads = ['variant', 'parameters', 'size', 'forward, a sample', 'layers that learn']
        show_table(heads, models, title='models')


def _models(runs: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Return a row for each model, that of its first run."""
    from simulator.units import Bytes, FlopCount, format_quantity

    distinct: dict[str, tuple[str, dict[str, Any]]] = {}
    for run in runs:
        if run['model'] is not None:
            distinct.setdefault(str(run['model']), (run['variant'], run['model']))
    return [
        [
            variant,
            f'{model["parameters"]:,}',
            format_quantity(model['bytes'], Bytes, digits=4),
            format_quantity(model['flops'], FlopCount, digits=4),
            _layers(model['layers']),
        ]
        for variant, model in distinct.values()
    ]


def _layers(layers: Sequence[dict[str, Any]]) -> str:
    from simulator.units import FlopCount, format_quantity

    told = [
        f'{layer["name"]} {layer["parameters"]:,} '
        f'({format_quantity(layer["flops"], FlopCount, digits=3)})'
        for layer in layers
        if layer['parameters']
    ]
    more = len(told) - MOST_LAYERS
    return ', '.join(told[:MOST_LAYERS]) + (f' and {more} more' if more > 0 else '')


def _words(key: str) -> str:
    return key.removesuffix('_seconds').replace('_', ' ') + (' time' * key.endswith('_seconds'))


def _figure(key: str, value: float | None) -> str:
    from simulator.units import Bytes, Seconds, format_quantity

    if value is None:
        return ''
    if key.endswith('seconds'):
        return format_quantity(value, Seconds, digits=6)
    if 'bytes' in key or key == 'peak_memory':
        return format_quantity(value, Bytes, digits=4)
    return f'{value:,.0f}' if value == round(value) else f'{value:.4g}'


def _text(value: object) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
