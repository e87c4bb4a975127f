"""A ring over 4,096 ranks: 33.5 million messages in bounded memory."""

import json
import subprocess
import sys

import pytest

LIMIT = 8 * 2**30

RUN = """
import json, resource, sys
from pathlib import Path
from simulator.execution import execute
from simulator.scenario import load

[spec] = load(sys.argv[1], sets=sys.argv[3:])
summary = execute(spec, Path(sys.argv[2]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({'peak': peak, **summary}))
"""

SCENARIO = """
cluster:
  topology: {star: {workers: 4096}}
  link: {bandwidth: 10 Gb/s, latency: 50 us}
training: {collective: {algorithm: ring, bytes: 100 MB}}
record: {messages: false, spans: false}
"""


@pytest.mark.slow
@pytest.mark.parametrize('sharing', ['fair', 'fifo'])
@pytest.mark.parametrize('stream', ['true', 'false'])
def test_a_ring_of_4096_fits_and_takes_the_time_of_the_closed_form(tmp_path, sharing, stream):
    file = tmp_path / 'large.yaml'
    file.write_text(SCENARIO)
    sets = [f'cluster.sharing={sharing}', f'training.collective.stream={stream}']
    command = [sys.executable, '-c', RUN, str(file), str(tmp_path / 'run'), *sets]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    summary = json.loads(done.stdout)
    assert summary['messages'] == 2 * 4096 * 4095
    expected = 2 * 4095 * (100e-6 + 100e6 / 4096 * 8e-10)
    assert summary['collective']['seconds'] == pytest.approx(expected, rel=1e-9)
    assert summary['peak'] < (LIMIT / 8 if stream == 'true' else LIMIT)
