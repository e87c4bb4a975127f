"""Reading results: totals of many runs, and the report of many messages.

Told in seconds and in bytes, for a reader waits for them: seconds of the processor, which are those
of the clock where nothing else is at work.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simulator import traces

RUNS, MESSAGES = 20, 250_000
WORKERS, ROUNDS = 16, 500

MEASURED = """
import resource, sys, time
from pathlib import Path
start = time.process_time(), time.perf_counter()
from analysis.report import write
write([Path(sys.argv[1])], Path(sys.argv[2]))
kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(time.process_time() - start[0], time.perf_counter() - start[1], kilobytes * 1024)
"""


def manifest(folder, **content):
    fixed = {
        'format': traces.FORMAT, 'id': folder.name, 'status': 'finished', 'scenario': 'many',
        'variant': 'v', 'vary': {}, 'seed': 1, 'error': None, 'versions': {}, 'platform': 'x',
        'data': {}, 'started': '2000-01-01', 'ended': None, 'wall_seconds': 1.0, 'attempts': 1,
    }  # fmt: skip
    return json.dumps({**fixed, **content})


def write_run(folder: Path, *, seed, variant, tables, summary):
    folder.mkdir(parents=True)
    text = f'name: many\nseed: {seed}\ntraining: {{parameter_server: {{shards: {variant}}}}}\n'
    (folder / 'scenario.yaml').write_text(text)
    name = f'variant {variant}'
    (folder / 'manifest.json').write_text(manifest(folder, seed=seed, variant=name))
    (folder / 'summary.json').write_text(json.dumps({'status': 'finished', **summary}))
    for table, columns in tables.items():
        schema = traces.TABLES[table].schema
        rows = pa.table({f.name: pa.array(columns[f.name]) for f in schema})
        rows = pa.table([rows[f.name].cast(f.type) for f in schema], schema=schema)
        (folder / table).mkdir()
        pq.write_table(rows, folder / table / 'part-00000.parquet')


def traffic(seed):
    """A quarter of a million messages between workers and a server, round by round."""
    rng = np.random.default_rng(seed)
    step = np.sort(rng.integers(0, ROUNDS, MESSAGES))
    worker, up = rng.integers(0, WORKERS, MESSAGES), rng.random(MESSAGES) < 0.5
    sent = (step * 1e8 + rng.integers(0, 4e7, MESSAGES)).astype(np.int64)
    return {
        'message': np.arange(MESSAGES), 'kind': ['gradient'] * MESSAGES,
        'source': np.where(up, worker, WORKERS), 'target': np.where(up, WORKERS, worker),
        'bytes': np.full(MESSAGES, 1e4), 'step': step, 'collective': np.full(MESSAGES, -1),
        'attempt': np.zeros(MESSAGES), 'sent_ns': sent, 'started_ns': sent,
        'delivered_ns': sent + rng.integers(1e5, 5e7, MESSAGES),
    }  # fmt: skip


def tables(seed):
    hosts = WORKERS + 1
    messages = traffic(seed)
    host, steps = np.arange(hosts), np.arange(1, ROUNDS + 1)
    worker = np.tile(np.arange(WORKERS), ROUNDS)
    begin = np.repeat(np.arange(ROUNDS) * 10**8, WORKERS)
    evaluations = np.arange(0, ROUNDS, 10)
    metrics = [('round_seconds', steps, np.full(ROUNDS, 0.1))]
    metrics += [('test_accuracy', evaluations, 1 - np.exp(-evaluations / 50) - 0.001 * seed)]
    metrics += [('bytes', evaluations, evaluations * 5e6)]
    names = [name for name, at, _ in metrics for _ in at]
    at = np.concatenate([at for _, at, _ in metrics])
    pairs = [(a, b) for a in range(hosts) for b in (WORKERS,) if a != b]
    pairs += [(b, a) for a, b in pairs]
    return {
        'messages': messages,
        'spans': {
            'device': worker, 'activity': ['compute'] * len(worker),
            'operation': ['x'] * len(worker), 'step': np.repeat(steps, WORKERS),
            'start_ns': begin, 'end_ns': begin + 30_000_000,
        },
        'metrics': {
            'time_ns': at * 10**8, 'step': at, 'epoch': at / 10, 'device': np.full(len(at), -1),
            'metric': names, 'value': np.concatenate([value for *_, value in metrics]),
        },
        'links': {
            'link': np.arange(2 * hosts), 'source': [*host, *[hosts] * hosts],
            'target': [*[hosts] * hosts, *host], 'bandwidth_bps': np.full(2 * hosts, 1e9),
            'latency_ns': np.full(2 * hosts, 50_000), 'bytes': np.full(2 * hosts, 1e8),
            'messages': np.full(2 * hosts, 10_000), 'busy_ns': np.full(2 * hosts, 10**10),
        },
        'nodes': {
            'node': np.arange(hosts + 1), 'kind': ['host'] * hosts + ['switch'],
            'role': ['worker'] * WORKERS + ['server', ''], 'x': np.cos(np.arange(hosts + 1.0)),
            'y': np.sin(np.arange(hosts + 1.0)),
        },
        'routes': {
            'source': np.repeat([a for a, _ in pairs], 2), 'hop': [0, 1] * len(pairs),
            'target': np.repeat([b for _, b in pairs], 2),
            'link': [link for a, b in pairs for link in (a, hosts + b)],
        },
    }  # fmt: skip


@pytest.fixture(scope='module')
def many(tmp_path_factory):
    """Twenty runs of five variants, five million messages in all."""
    home = tmp_path_factory.mktemp('many')
    for number in range(RUNS):
        variant, seed = divmod(number, 4)
        summary = {
            'simulated_seconds': ROUNDS / 10, 'messages': MESSAGES, 'bytes': MESSAGES * 1e4,
            'rounds': ROUNDS, 'epochs': 50.0, 'test_accuracy': 0.99,
        }  # fmt: skip
        folder = home / f'variant {variant}' / f'{number:012d}'
        write_run(folder, seed=seed, variant=variant, tables=tables(number), summary=summary)
    return home


@pytest.fixture(scope='module')
def thousand(tmp_path_factory):
    home = tmp_path_factory.mktemp('thousand')
    for number in range(1000):
        summary = {'simulated_seconds': 1.0, 'messages': 10**8, 'bytes': 1e12, 'rounds': 100}
        folder = home / f'v{number % 50}' / f'{number:012d}'
        write_run(folder, seed=number, variant=number % 50, tables={}, summary=summary)
    return home


def test_totals_of_a_thousand_runs(benchmark, thousand):
    from analysis.load import load
    from analysis.totals import totals

    frame = benchmark.pedantic(lambda: totals(load(thousand).runs), rounds=3)

    assert len(frame) == 1000
    assert frame['messages'].sum() == 10**11
    assert benchmark.stats.stats.min < 5.0


def test_a_report_of_twenty_runs_with_five_million_messages(benchmark, many, tmp_path):
    out = tmp_path / 'report.html'
    command = [sys.executable, '-c', MEASURED, str(many), str(out)]

    def report():
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return [float(figure) for figure in done.stdout.split()]

    seconds, wall, peak = benchmark.pedantic(report, rounds=1)

    benchmark.extra_info.update(
        seconds=seconds, wall=wall, peak_bytes=peak, page_bytes=out.stat().st_size
    )
    size = f'{peak / 2**30:.2f} GiB, page {out.stat().st_size / 1e6:.2f} MB'
    print(f'{seconds:.1f} s of {wall:.1f}, {size}')
    assert seconds < 30.0
    assert peak < 2 * 2**30
    assert out.stat().st_size < 3e6
