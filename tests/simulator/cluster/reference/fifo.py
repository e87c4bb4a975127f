"""Links that serve one message at a time: the formulas of cut-through, one event a hop."""

from __future__ import annotations

from cluster_reference.plain import Plain


class Fifo(Plain):
    """A link serves one message at a time in order of arrival, cut-through."""

    def __init__(self, network, routes, **options):
        super().__init__(network, routes, **options)
        self.free = [0.0] * len(self.bandwidth)
        self.served = [[] for _ in self.bandwidth]  # tasks and attempts, in order

    def set_out(self, task):
        task.leaves = []
        self.serve(task, self.now)

    def move(self, task):
        self.serve(task, self.now)

    def serve(self, task, head):
        hop = len(task.leaves)
        link = task.links[hop]
        if self.down[link]:
            self.at(self.now, 'dropped', task)
            return
        task.head, task.before = head, self.free[link]
        task.start = max(head, self.free[link])
        leave = task.start + task.size / self.bandwidth[link]
        if hop:
            leave = max(leave, task.leaves[-1] + self.latency[task.links[hop - 1]])
        else:
            task.started = task.start
        task.leaves.append(leave)
        self.free[link] = leave
        self.served[link].append((task, task.attempt))
        if hop + 1 < len(task.links):
            self.at(task.start + self.latency[link], 'hopping', task)
        else:
            self.at(leave + self.latency[link] + self.delay(task), 'arriving', task)

    def on(self, task, link):
        reached = task.links[: len(task.leaves)]
        if link not in reached:
            return False
        return task.leaves[reached.index(link)] + self.latency[link] > self.now

    def fail(self, now, link):
        super().fail(now, link)
        self.free[link] = min(self.free[link], now)

    def set_bandwidth(self, now, link, bandwidth):
        super().set_bandwidth(now, link, bandwidth)
        later = [entry for entry in self.served[link] if self.waits_at(link, *entry)]
        self.served[link] = [entry for entry in self.served[link] if entry not in later]
        if later:
            self.free[link] = later[0][0].before
        for task, _ in later:
            task.leaves.pop()
            self.serve(task, task.head)

    def waits_at(self, link, task, attempt):
        alive = task.phase in ('hopping', 'arriving') and task.attempt == attempt
        return alive and task.links[len(task.leaves) - 1] == link and task.start > self.now
