"""Fluid flows: progressive filling of the whole network at every change."""

from __future__ import annotations

from math import inf

from cluster_reference.plain import Plain


class Fair(Plain):
    """First the latencies, then the bytes at their max-min fair share of every link."""

    def __init__(self, network, routes, **options):
        super().__init__(network, routes, **options)
        self.flows, self.rates, self.stale = {}, {}, False

    def set_out(self, task):
        flight = sum(self.latency[link] for link in task.links) + self.delay(task)
        self.at(self.now + flight, 'flying' if task.size else 'arriving', task)

    def move(self, task):
        if task.phase == 'flying':
            self.at(inf, 'draining', task)
            self.flows[task.number] = task
            self.rates[task.number] = 0.0
            self.stale = True
        else:
            task.remaining = 0.0
            self.stop(task)
            self.arrive(task)

    def stop(self, task):
        if self.flows.pop(task.number, None):
            self.stale = True
            for link in task.links:
                self.carried[link] += task.size - task.remaining

    def set_bandwidth(self, now, link, bandwidth):
        super().set_bandwidth(now, link, bandwidth)
        self.stale = True

    def pass_time(self, time):
        for number, task in self.flows.items():
            task.remaining = max(task.remaining - self.rates[number] * (time - self.now), 0.0)
        self.now = time

    def share(self):
        if not self.stale:
            return False
        self.stale = False
        paths = {number: task.links for number, task in self.flows.items()}
        self.rates = max_min(paths, dict(enumerate(self.bandwidth)))
        for number, task in self.flows.items():
            self.due[number] = self.now + task.remaining / self.rates[number], task
        return True


def max_min(paths, capacity):
    """Return the max-min fair rate of each flow by progressive filling.

    *paths* maps flows to lists of links, *capacity* links to bandwidths.
    """
    users = {}
    for flow, links in paths.items():
        for link in links:
            users.setdefault(link, set()).add(flow)
    rates, spare = {}, {link: capacity[link] for link in users}
    while users:
        share, bottleneck = min((spare[link] / len(flows), link) for link, flows in users.items())
        for flow in users.pop(bottleneck):
            rates[flow] = share
            for link in paths[flow]:
                if link != bottleneck:
                    spare[link] -= share
                    users[link].discard(flow)
        users = {link: flows for link, flows in users.items() if flows}
    return rates
