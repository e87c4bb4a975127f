"""The published cost model, played slowly, event by event."""

import heapq

import numpy as np


def replayed(problem, placement, urgency):
    """List scheduling of the published cost model, played event by event: when each one ends."""
    graph, platform = problem.graph, problem.platform
    waits = np.diff(graph.predecessors.first)
    queues = [[] for _ in range(len(platform))]
    events, ends = [], np.full(len(graph), np.nan)
    busy = [False] * len(platform)
    for k in np.flatnonzero(waits == 0):
        heapq.heappush(queues[placement[k]], (-urgency[k], 0.0, int(k)))
    now = 0.0
    while True:
        for device, queue in enumerate(queues):
            if queue and not busy[device]:
                k = heapq.heappop(queue)[2]
                busy[device] = True
                seconds = graph.flops[k] / platform.speed[device]
                heapq.heappush(events, (now + seconds, 'done', k))
        if not events:
            return ends
        now = events[0][0]
        while events and events[0][0] == now:
            _, what, k = heapq.heappop(events)
            if what == 'done':
                ends[k] = now
                busy[placement[k]] = False
                for user in graph.successors.of(k).tolist():
                    here, there = placement[k], placement[user]
                    coming = platform.latency[here, there]
                    coming += graph.outputs[k] * platform.seconds_per_byte[here, there]
                    heapq.heappush(events, (now + coming * (here != there), 'input', user))
            else:
                waits[k] -= 1
                if waits[k] == 0:
                    heapq.heappush(queues[placement[k]], (-urgency[k], now, k))
