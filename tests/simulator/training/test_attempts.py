"""Steps of several devices: over when all are done, begun anew when one of them crashes."""

import pytest

from simulator.errors import StalledError
from simulator.training.attempts import Attempts


class Walk:
    """Devices that compute for a second each, one step after another."""

    def __init__(self, experiment, *, lazy=()):
        self.experiment, self.lazy = experiment, lazy
        self.log = []
        self.nodes = experiment.workers
        self.attempts = Attempts(
            experiment, self.nodes, begin=self.begin, abandon=self.abandon, name='walk'
        )
        experiment.clock.process(self.steps(2))

    def steps(self, count):
        for step in range(1, count + 1):
            yield from self.attempts.step(step)
            self.log.append(('over', step, self.experiment.clock.now))
        self.experiment.scoreboard.end()

    def begin(self, step):
        self.log.append(('begun', step, self.experiment.clock.now))
        for node in self.nodes:
            self.attempts.lives.start(node, self.device(node, step))

    def abandon(self):
        self.log.append(('abandoned', None, self.experiment.clock.now))

    def device(self, node, step):
        cluster = self.experiment.cluster
        yield cluster.work(node, 1.0, operation='walk', activity='compute', step=step)
        if node not in self.lazy:
            self.attempts.done()


def test_a_step_is_over_when_all_are_done(make_experiment):
    experiment = make_experiment()
    walk = Walk(experiment)
    experiment.run()
    assert walk.log == [('begun', 1, 0), ('over', 1, 1), ('begun', 2, 1), ('over', 2, 2)]


def test_a_crash_breaks_a_step_off_until_the_device_is_back(make_experiment):
    experiment = make_experiment()
    walk, cluster = Walk(experiment), experiment.cluster

    def trouble():
        yield experiment.clock.timeout(0.25)
        cluster.stop(1, crashes=True)
        yield experiment.clock.timeout(2.0)
        cluster.go_on(1, crashed=True)

    experiment.clock.process(trouble())
    experiment.run()
    assert walk.log == [
        ('begun', 1, 0),
        ('abandoned', None, 0.25),
        ('begun', 1, 2.25),
        ('over', 1, 3.25),
        ('begun', 2, 3.25),
        ('over', 2, 4.25),
    ]


def test_who_is_never_done_is_told(make_experiment):
    experiment = make_experiment()
    Walk(experiment, lazy=[2])
    with pytest.raises(StalledError, match='the walk waits for 1 of 4 devices since 0 s'):
        experiment.run()
