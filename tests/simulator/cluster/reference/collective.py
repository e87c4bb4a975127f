"""A collective by its rule: a transfer starts when both its ranks have entered its step."""

from __future__ import annotations

from math import inf


class Collective:
    """A schedule on a `Plain` world, by its rule: ranks enter steps, and both ends must have.

    *rows* are (step, source rank, target rank, bytes, reduce).
    """

    def __init__(self, world, rows, devices):
        self.world, self.ranks = world, len(devices)
        self.ends = [(step, source, target) for step, source, target, _, _ in rows]
        self.tasks = [
            world.task(
                size=size,
                links=world.routes(devices[source], devices[target]),
                device=devices[target],
                reduce=reduce,
            )
            for _, source, target, size, reduce in rows
        ]
        self.entered, self.begun, self.exits = set(), set(), {}
        previous = world.on_end
        world.on_end = lambda task: (previous(task), self.go_on())

    def enter(self, now, rank):
        self.world.pass_time(now)
        self.entered.add(rank)
        self.go_on()

    def go_on(self):
        reached = {rank: self.reached(rank) for rank in self.entered}
        for k, (step, source, target) in enumerate(self.ends):
            if (
                k not in self.begun
                and min(reached.get(source, -1), reached.get(target, -1)) >= step
            ):
                self.begun.add(k)
                self.world.begin(self.world.now, self.tasks[k])
        for rank, step in reached.items():
            if step == inf:
                self.exits.setdefault(rank, self.world.now)

    def reached(self, rank):
        """Return the last step *rank* has entered."""
        return min(
            (
                step
                for (step, *ends), task in zip(self.ends, self.tasks, strict=True)
                if rank in ends and task.number not in self.world.ends
            ),
            default=inf,
        )
