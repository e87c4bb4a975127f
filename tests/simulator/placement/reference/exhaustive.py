"""The least makespan of a graph under the published cost model, by trying everything."""

import numpy as np


def optimum(problem):
    """Return the least makespan over all placements and all orders; branch and bound."""
    graph, platform = problem.graph, problem.platform
    devices = range(len(platform))
    needs = [graph.predecessors.of(v).tolist() for v in range(len(graph))]
    compute = graph.flops[:, None] / platform.speed
    coming = graph.outputs[:, None, None] * platform.seconds_per_byte + platform.latency
    allowed = problem.allowed[problem.unit]
    rest = np.zeros(len(graph))  # least time from an operation's end to the end of all
    for v in graph.order[::-1].tolist():
        after = graph.successors.of(v).tolist()
        rest[v] = max((compute[w][allowed[w]].min() + rest[w] for w in after), default=0.0)
    best = float('inf')

    def extend(where, end, free):
        nonlocal best
        if len(where) == len(graph):
            best = min(best, max(end.values()))
            return
        for v in range(len(graph)):
            if v in where or any(u not in where for u in needs[v]):
                continue
            mates = {where[w] for w in where if problem.unit[w] == problem.unit[v]}
            for k in mates or [d for d in devices if allowed[v, d]]:
                ready = (end[u] + coming[u, where[u], k] * (where[u] != k) for u in needs[v])
                start = max([free[k], *ready])
                if start + compute[v, k] + rest[v] >= best:
                    continue
                done = float(start + compute[v, k])
                extend(where | {v: k}, end | {v: done}, (*free[:k], done, *free[k + 1 :]))

    extend({}, {}, (0.0,) * len(platform))
    return best
