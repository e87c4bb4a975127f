"""A timer so plain that one sees it is right: a star of equal links, first come, first served."""

from heapq import heappop, heappush

import numpy as np
import pytest


class StarTimer:
    """Times a schedule on a star by the rules of the design, one heap event at a time.

    Each rank has a link up to the switch and one down from it, of latency alpha/2 each. A link
    serves one message at a time, in order of arrival at that link; cut-through.
    """

    def __init__(self, schedule, size, alpha, beta, gamma=0.0):
        self.schedule = schedule
        self.sizes = np.full(schedule.chunks, size / schedule.chunks)
        self.alpha, self.beta, self.gamma = alpha, beta, gamma
        self.events = []  # (time, what, row, when the link before was left)
        self.free = {}  # when a link, or a rank's adder, is next free
        self.end = 0.0

    def run(self):
        """Return when the last transfer is complete."""
        s = self.schedule
        rows = range(len(s))
        self.open = [{} for _ in range(s.ranks)]  # own transfers not yet complete, by step
        self.waiting = {}  # (rank, step): rows that start when the rank enters the step
        for row in rows:
            for rank in (s.source[row], s.target[row]):
                steps = self.open[rank]
                steps[int(s.step[row])] = steps.get(int(s.step[row]), 0) + 1
                self.waiting.setdefault((int(rank), int(s.step[row])), []).append(row)
        self.missing = [2 for _ in rows]  # of source and target, how many have yet to enter
        for rank in range(s.ranks):
            self.enter_next(rank, 0.0)
        while self.events:
            now, what, row, left = heappop(self.events)
            getattr(self, ('up', 'down', 'delivered', 'complete')[what])(now, row, left)
        assert not any(self.open), 'some transfer never ran'
        return self.end

    def enter_next(self, rank, now):
        if self.open[rank]:
            for row in self.waiting[rank, min(self.open[rank])]:
                self.missing[row] -= 1
                if not self.missing[row]:
                    heappush(self.events, (now, 0, row, 0.0))

    def up(self, now, row, _):
        self.serve(('up', self.schedule.source[row]), now, row, 0.0)

    def down(self, now, row, left):
        self.serve(('down', self.schedule.target[row]), now, row, left)

    def serve(self, link, now, row, left_before):
        s, half = self.schedule, self.alpha / 2
        size = self.sizes[s.first_chunk[row] : s.first_chunk[row] + s.count[row]].sum()
        start = max(now, self.free.get(link, 0.0))
        leave = max(start + size * self.beta, left_before + half if left_before else 0.0)
        self.free[link] = leave
        if link[0] == 'up':
            heappush(self.events, (start + half, 1, row, leave))
        else:
            heappush(self.events, (leave + half, 2, row, size))

    def delivered(self, now, row, size):
        adder = ('add', self.schedule.target[row])
        cost = size * self.gamma if self.schedule.reduce[row] else 0.0
        if cost:
            self.free[adder] = now = max(now, self.free.get(adder, 0.0)) + cost
        heappush(self.events, (now, 3, row, 0.0))

    def complete(self, now, row, _):
        self.end = max(self.end, now)
        step = int(self.schedule.step[row])
        for rank in (int(self.schedule.source[row]), int(self.schedule.target[row])):
            self.open[rank][step] -= 1
            if not self.open[rank][step]:
                del self.open[rank][step]
                self.enter_next(rank, now)


@pytest.fixture(scope='session')
def star_time():
    """(schedule, n, alpha, beta, gamma) -> seconds, timed by the reference."""
    return lambda *case: StarTimer(*case).run()
