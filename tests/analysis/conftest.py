"""Run folders made by hand: tiny worlds whose every figure can be worked out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simulator import traces

MANIFEST = {
    'format': traces.FORMAT,
    'status': 'finished',
    'scenario': 'made-up',
    'variant': '',
    'vary': {},
    'seed': 1,
    'error': None,
    'versions': {'bosphorus': '0.1.0', 'python': '3.11.7', 'numpy': '2.4.6'},
    'platform': 'a machine',
    'data': {'digits': '0' * 64},
    'started': '2000-01-01T00:00:00Z',
    'ended': None,
    'wall_seconds': 1.0,
    'attempts': 1,
    'question': 'Is a ring faster than a parameter server where workers straggle?',
}


def write_table(folder: Path, name: str, rows: Mapping[str, Any], part_rows: int = 10**9) -> None:
    schema = traces.TABLES[name].schema
    table = pa.table({field.name: pa.array(rows[field.name]) for field in schema})
    table = pa.table([table[f.name].cast(f.type) for f in schema], schema=schema)
    (folder / name).mkdir(parents=True)
    for number, start in enumerate(range(0, max(1, table.num_rows), part_rows)):
        part = folder / name / f'part-{number:05d}.parquet'
        pq.write_table(table.slice(start, part_rows), part)


def write_run(
    folder: Path,
    *,
    scenario: str = 'name: made-up\nseed: 1\n',
    manifest: Mapping[str, Any] | None = None,
    summary: Mapping[str, Any] | None = None,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
) -> Path:
    """Write a run folder; tables are given by columns."""
    folder.mkdir(parents=True)
    (folder / 'scenario.yaml').write_text(scenario)
    whole = {**MANIFEST, 'id': folder.name, **(manifest or {})}
    (folder / 'manifest.json').write_text(json.dumps(whole))
    if whole['status'] == 'finished' or summary:
        filled = {'status': whole['status'], **(summary or {})}
        (folder / 'summary.json').write_text(json.dumps(filled))
    for name, rows in (tables or {}).items():
        write_table(folder, name, rows)
    return folder


class Star(NamedTuple):
    """A star of hosts; the last one serves where there is a server."""

    workers: int
    server: bool
    bandwidth: float = 1.25e8  # byte/s

    @property
    def hosts(self) -> int:
        return self.workers + self.server

    def nodes(self) -> dict[str, Any]:
        angle = np.arange(self.hosts) * 2 * np.pi / self.hosts
        roles = ['worker'] * self.workers + ['server'] * self.server
        return {
            'node': range(self.hosts + 1),
            'kind': ['host'] * self.hosts + ['switch'],
            'role': [*roles, ''],
            'x': [*np.cos(angle), 0.0],
            'y': [*np.sin(angle), 0.0],
        }

    def routes(self) -> dict[str, Any]:
        pairs = [(a, b) for a in range(self.hosts) for b in range(self.hosts) if a != b]
        return {
            'source': [a for a, _ in pairs for _ in range(2)],
            'target': [b for _, b in pairs for _ in range(2)],
            'hop': [0, 1] * len(pairs),
            'link': [link for a, b in pairs for link in (a, self.hosts + b)],
        }

    def links(self, messages: Mapping[str, Any]) -> dict[str, Any]:
        size = np.asarray(messages['bytes'], float)
        up, down = np.asarray(messages['source']), np.asarray(messages['target'])
        host = np.arange(self.hosts)
        carried = [size[up == h].sum() for h in host] + [size[down == h].sum() for h in host]
        return {
            'link': range(2 * self.hosts),
            'source': [*host, *[self.hosts] * self.hosts],
            'target': [*[self.hosts] * self.hosts, *host],
            'bandwidth_bps': [8 * self.bandwidth] * 2 * self.hosts,
            'latency_ns': [50_000] * 2 * self.hosts,
            'bytes': carried,
            'messages': [(up == h).sum() for h in host] + [(down == h).sum() for h in host],
            'busy_ns': (np.array(carried) / self.bandwidth * 1e9).astype(int),
        }


class Log:
    """Rows of the tables, one by one."""

    def __init__(self) -> None:
        self.messages: list[tuple[Any, ...]] = []
        self.spans: list[tuple[Any, ...]] = []
        self.metrics: list[tuple[Any, ...]] = []

    def message(self, source, target, size, step, sent, started, delivered, call=-1):
        row = (len(self.messages), 'model', source, target, size, step, call, 0)
        self.messages.append(
            (*row, round(sent * 1e9), round(started * 1e9), round(delivered * 1e9))
        )

    def span(self, device, activity, step, start, end):
        row = (device, activity, activity, step, round(start * 1e9), round(end * 1e9))
        self.spans.append(row)

    def metric(self, time, step, metric, value):
        self.metrics.append((round(time * 1e9), step, step / 4, -1, metric, value))

    def columns(self, table: str) -> dict[str, list[Any]]:
        names = traces.TABLES[table].names
        rows = getattr(self, table)
        return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _parameter_server(log, star, step, now, size, compute):
    """One round: gradients queue for the server's link, then models do."""
    server, wire = star.workers, size / star.bandwidth
    free = now
    for worker in np.argsort(compute):
        done = now + compute[worker]
        log.span(worker, 'compute', step, now, done)
        started = max(done, free)
        free = started + wire
        log.message(worker, server, size, step, done, started, free + 1e-4)
    log.span(server, 'wait', step, now, free)
    updated = free + 2e-3
    log.span(server, 'aggregate', step, free, updated)
    for worker in range(star.workers):
        arrived = updated + (worker + 1) * wire + 1e-4
        log.message(server, worker, size, step, updated, updated + worker * wire, arrived)
        log.span(worker, 'wait', step, now + compute[worker], arrived)
    return updated + star.workers * wire + 1e-4


def _ring(log, star, step, now, size, compute):
    """One round: all wait for the slowest, then 2 (m - 1) steps."""
    m = star.workers
    for worker in range(m):
        log.span(worker, 'compute', step, now, now + compute[worker])
    begin = now + max(compute)
    each = size / m / star.bandwidth + 1e-4
    for hop in range(2 * (m - 1)):
        start = begin + hop * each
        for worker in range(m):
            target = (worker + 1) % m
            log.message(worker, target, size / m, hop, start, start, start + each, step)
            if hop < m - 1:
                log.span(target, 'reduce', step, start + 0.8 * each, start + each)
    end = begin + 2 * (m - 1) * each
    for worker in range(m):
        log.span(worker, 'wait', step, now + compute[worker], begin)
    return end


ROUND = {'parameter server': _parameter_server, 'ring all-reduce': _ring}
TRAINING = {
    'parameter server': 'parameter_server: {clock: bsp, aggregation: {mean: {}}, shards: 1}',
    'ring all-reduce': 'all_reduce: {algorithm: {ring: {}}}',
}
SCENARIO = """# Is a ring faster than a parameter server?
name: made-up
seed: {seed}
stop: {{rounds: {rounds}}}
cluster:
  topology: {{star: {{workers: {workers}, servers: {servers}}}}}
  link: {{bandwidth: 1 Gb/s, latency: 50 us}}
  device: {{speed: 1 Tflop/s}}
  stragglers: {{lognormal: {{sigma: 0.3}}}}
learning:
  data: {{digits: {{}}}}
  model: {{mlp: {{hidden: [64]}}}}
  batch: 32
  optimizer: {{sgd: {{rate: 0.1}}}}
training:
  {training}
"""


def training_run(
    folder: Path,
    variant: str,
    seed: int,
    *,
    workers: int = 4,
    rounds: int = 40,
    size: float = 5e5,
    ceiling: float = 0.97,
    manifest_seed: int | None = None,
    **manifest: Any,
) -> Path:
    """Write a run that learns: accuracy rises as 1 - exp(-round / 8) towards *ceiling*."""
    server = 'server' in variant
    named = seed if manifest_seed is None else manifest_seed
    star, log = Star(workers, server), Log()
    rng = np.random.default_rng(seed)
    now = 0.0
    for step in range(rounds + 1):
        if step % 4 == 0:
            accuracy = 0.1 + (ceiling - 0.1) * (1 - np.exp(-step / 8)) * rng.uniform(0.99, 1.0)
            sent = sum(row[4] for row in log.messages)
            log.metric(now, step, 'test_accuracy', accuracy)
            log.metric(now, step, 'test_loss', 2.3 * np.exp(-step / 10) + 0.1)
            log.metric(now, step, 'train_loss', 2.3 * np.exp(-step / 9) + 0.05)
            log.metric(now, step, 'bytes', sent)
            log.metric(now, step, 'messages', len(log.messages))
        if step < rounds:
            compute = 0.03 * rng.lognormal(0.0, 0.3, workers)
            kind = 'parameter server' if server else 'ring all-reduce'
            end = ROUND[kind](log, star, step, now, size, compute)
            log.metric(end, step + 1, 'round_seconds', end - now)
            now = end
    messages = log.columns('messages')
    text = SCENARIO.format(
        seed=named,
        rounds=rounds,
        workers=workers,
        servers=int(server),
        training=TRAINING['parameter server' if server else 'ring all-reduce'],
    )
    total = float(sum(messages['bytes']))
    return write_run(
        folder,
        scenario=text,
        manifest={'variant': variant, 'seed': named, 'vary': {'seed': named}, **manifest},
        summary={
            'rounds': rounds,
            'epochs': rounds / 4,
            'simulated_seconds': now,
            'wall_seconds': 1.0,
            'messages': len(messages['bytes']),
            'bytes': total,
            'test_accuracy': accuracy,
            'test_loss': 2.3 * np.exp(-rounds / 10) + 0.1,
            'predicted': {
                'bytes': 2.0 * (workers if server else workers - 1) * size * rounds,
                'messages': (2 if server else 2 * (workers - 1)) * workers * rounds,
            },
        },
        tables={
            'metrics': log.columns('metrics'),
            'messages': messages,
            'spans': log.columns('spans'),
            'links': star.links(messages),
            'routes': star.routes(),
            'nodes': star.nodes(),
        },
    )


def collective_run(
    folder: Path, algorithm: str, size: float, *, workers: int = 4, **manifest: Any
) -> Path:
    """Write a run that times one all-reduce of *size* bytes a rank on a star."""
    star, log = Star(workers, server=False), Log()
    if algorithm == 'ring':
        seconds = _ring(log, star, 0, 0.0, size, np.zeros(workers))
        predicted = 2 * (workers - 1) * (1e-4 + size / workers / star.bandwidth)
    else:
        seconds = _shifts(log, star, size)
        predicted = (workers - 1) * (1e-4 + size / star.bandwidth)
    log.metric(seconds, 1, 'collective_seconds', seconds)
    messages = log.columns('messages')
    text = (
        f'name: sizes\nseed: 1\ncluster: {{topology: {{star: {{workers: {workers}}}}}}}\n'
        f'training: {{collective: {{algorithm: {{{algorithm}: {{}}}}, '
        f'bytes: {size / 1e3:g} kB}}}}\n'
    )
    return write_run(
        folder,
        scenario=text,
        manifest={
            'scenario': 'sizes',
            'variant': algorithm,
            'vary': {'training.collective.bytes': f'{size / 1e3:g} kB'},
            'question': 'Which all-reduce wins as the vector grows?',
            **manifest,
        },
        summary={
            'simulated_seconds': seconds,
            'messages': len(messages['bytes']),
            'bytes': float(sum(messages['bytes'])),
            'predicted': {'collective_seconds': predicted, 'bytes': float(sum(messages['bytes']))},
            'measured': {'collective_seconds': seconds},
            'collective': {'ranks': workers, 'bytes': size, 'seconds': seconds},
        },
        tables={
            'metrics': log.columns('metrics'),
            'messages': messages,
            'spans': log.columns('spans'),
            'links': star.links(messages),
            'routes': star.routes(),
            'nodes': star.nodes(),
        },
    )


def _shifts(log: Log, star: Star, size: float) -> float:
    each = size / star.bandwidth + 1e-4
    for shift in range(1, star.workers):
        start = (shift - 1) * each
        for worker in range(star.workers):
            target = (worker + shift) % star.workers
            log.message(worker, target, size, shift - 1, start, start, start + each, 0)
    return (star.workers - 1) * each


@pytest.fixture(scope='session')
def make() -> Callable[..., Path]:
    """Return `write_run`: a run folder from columns."""
    return write_run


@pytest.fixture(scope='session')
def make_training() -> Callable[..., Path]:
    """Return `training_run`."""
    return training_run


@pytest.fixture(scope='session')
def make_collective() -> Callable[..., Path]:
    """Return `collective_run`."""
    return collective_run


@pytest.fixture(scope='session')
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two variants under two seeds, a damaged run, an unfinished one and a stranger."""
    folder = tmp_path_factory.mktemp('runs') / 'made-up'
    for variant in ROUND:
        for seed in (1, 2):
            training_run(folder / variant / (f'{seed}' * 4), variant, seed)
    damaged = training_run(folder / 'ring all-reduce' / 'damaged', 'ring all-reduce', 3)
    (damaged / 'metrics' / 'part-00000.parquet').write_bytes(b'PAR1 no more')
    unfinished = training_run(
        folder / 'parameter server' / 'unfinished', 'parameter server', 3, rounds=10
    )
    (unfinished / 'summary.json').unlink()
    text = (unfinished / 'scenario.yaml').read_text()
    (unfinished / 'scenario.yaml').write_text(text.replace('rounds: 10', 'rounds: 40'))
    manifest = json.loads((unfinished / 'manifest.json').read_text())
    (unfinished / 'manifest.json').write_text(json.dumps({**manifest, 'status': 'interrupted'}))
    (folder / 'holiday pictures').mkdir()
    return folder


@pytest.fixture(scope='session')
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two all-reduces over four sizes."""
    folder = tmp_path_factory.mktemp('runs') / 'sizes'
    for algorithm in ('ring', 'round robin'):
        for power in range(3, 7):
            name = f'{algorithm[:4]}{power}'
            collective_run(folder / algorithm / name, algorithm.replace(' ', '_'), 10.0**power)
    return folder


@pytest.fixture(scope='session')
def healthy(study: Path) -> Sequence[Path]:
    """The four whole runs of `study`."""
    return [study / variant / (f'{seed}' * 4) for variant in ROUND for seed in (1, 2)]


@pytest.fixture(scope='session')
def written(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of `study`."""
    from analysis.report import write

    return write([study], tmp_path_factory.mktemp('out') / 'report.html')
