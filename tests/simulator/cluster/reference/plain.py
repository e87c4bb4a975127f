"""The rules of the fabric, played slowly: no heap, no slots, every share computed anew.

An instant is played in rounds: what is due or ready happens in task order, what that brings about
at the same instant happens in the next round. When nothing more happens at an instant, idle
devices choose what to compute, and links are shared out anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, nan

MASK = 2**64 - 1


@dataclass
class Task:
    """A transfer (links, target device, size in bytes) or a computation (device, seconds)."""

    number: int
    size: float
    links: list[int] | None = None
    device: int = -1
    priority: int = 0
    reliable: bool = True
    reduce: bool = False
    waits: int = 0
    opens: list[Task] = field(default_factory=list)
    phase: str = 'new'
    attempt: int = 0
    remaining: float = 0.0
    sent: float = nan
    started: float = nan
    since: float = nan  # a computation: when it began, or its device's rate changed
    leaves: list[float] = field(default_factory=list)  # fifo: of each link reached so far
    head: float = nan  # fifo: at the last of them, when the head arrived there,
    start: float = nan  # its service starts, and
    before: float = nan  # the link becomes free of what came before


class Plain:
    """A network and its devices; *routes* maps a pair of devices to a list of links."""

    def __init__(
        self, network, routes, *, reduce=inf, seed=0, resend=0.2, attempts=16, jitter=None
    ):
        self.routes = routes
        self.bandwidth = [float(b) for b in network.bandwidth]
        self.latency = [float(x) for x in network.latency]
        self.loss = [float(x) for x in network.loss]
        self.down = [False] * len(self.bandwidth)
        self.carried = [0.0] * len(self.bandwidth)
        self.gamma = 1.0 / reduce
        self.rate = [1.0] * network.hosts
        self.running = [None] * network.hosts
        self.waiting = [[] for _ in range(network.hosts)]
        self.reduces_until = [0.0] * network.hosts
        self.seed, self.resend, self.limit, self.jitter = seed, resend, attempts, jitter
        self.now, self.count = 0.0, 0
        self.due, self.ready = {}, []  # task number -> (time, task); tasks
        self.attempts, self.spans, self.ends = [], [], {}
        self.on_end = lambda task: None

    # -- from outside ------------------------------------------------------------------------

    def task(self, **options):
        """Number a new task; it starts when `begin` is called, or what it waits for is done."""
        self.count += 1
        return Task(self.count - 1, **options)

    def send(self, now, source, target, size, **options):
        self.begin(now, self.task(size=size, links=self.routes(source, target), device=target))
        vars(self.ready[-1]).update(options)

    def compute(self, now, device, seconds, priority=0):
        self.begin(now, self.task(size=seconds, device=device, priority=priority))

    def begin(self, now, task):
        self.pass_time(now)
        self.ready.append(task)

    def set_device_rate(self, now, device, rate):
        self.pass_time(now)
        task = self.running[device]
        if task:
            task.remaining -= self.rate[device] * (now - task.since)
        self.rate[device] = rate
        if task:
            self.work_on(task)

    def set_bandwidth(self, now, link, bandwidth):
        self.pass_time(now)
        self.bandwidth[link] = bandwidth

    def fail(self, now, link):
        self.pass_time(now)
        self.down[link] = True
        for _, task in list(self.due.values()):
            if task.links and task.phase not in ('reducing', 'resending') and self.on(task, link):
                self.stop(task)
                self.at(now, 'dropped', task)

    def restore(self, now, link):
        self.down[link] = False

    # -- time --------------------------------------------------------------------------------

    def run(self, until):
        """Play all instants up to and including *until*."""
        while True:
            if not (self.play_round() or self.choose() or self.share()):
                time = min((time for time, _ in self.due.values()), default=inf)
                if time > until or time == inf:
                    return
                self.pass_time(time)

    def at(self, time, phase, task):
        task.phase = phase
        self.due[task.number] = time, task

    def play_round(self):
        starting, self.ready = sorted(self.ready, key=lambda task: task.number), []
        for task in starting:
            self.start(task)
        if starting:
            return True
        happening = sorted(n for n, (time, _) in self.due.items() if time == self.now)
        for number in happening:
            _, task = self.due.pop(number)
            self.happen(task)
        return bool(happening)

    def happen(self, task):
        if task.phase == 'arriving':
            self.account(task)
            self.arrive(task)
        elif task.phase == 'resending':
            self.start(task)
        elif task.phase == 'dropped':
            self.lose(task)
        elif task.phase == 'reducing':
            self.spans.append((task.number, task.device, task.started, self.now, True))
            self.end(task)
        elif task.phase == 'running':
            self.spans.append((task.number, task.device, task.started, self.now, False))
            self.running[task.device] = None
            self.end(task)
        else:
            self.move(task)

    def end(self, task):
        self.ends[task.number] = self.now
        for other in task.opens:
            other.waits -= 1
            if other.waits == 0:
                self.ready.append(other)
        self.on_end(task)

    # -- computations ------------------------------------------------------------------------

    def choose(self):
        """Idle devices take the first by priority, then arrival; whether any did."""
        chosen = False
        for device, tasks in enumerate(self.waiting):
            if tasks and self.running[device] is None:
                task = min(tasks, key=lambda task: (task.priority, task.sent, task.number))
                tasks.remove(task)
                self.running[device] = task
                task.started = self.now
                self.work_on(task)
                chosen = True
        return chosen

    def work_on(self, task):
        task.since = self.now
        rate = self.rate[task.device]
        self.at(self.now + task.remaining / rate if rate > 0 else inf, 'running', task)

    # -- transfers ---------------------------------------------------------------------------

    def start(self, task):
        task.sent = task.started = self.now
        task.remaining = task.size
        if task.links is None:
            self.waiting[task.device].append(task)
        elif any(self.down[link] for link in task.links):
            self.at(self.now, 'dropped', task)
        elif not task.links:
            self.at(self.now, 'arriving', task)
        else:
            self.set_out(task)

    def arrive(self, task):
        kept = 1.0
        for link in task.links:
            kept *= 1.0 - self.loss[link]
        if any(self.loss) and self.chance(task, 0) >= kept:
            self.lose(task)
            return
        self.note(task, self.now)
        seconds = task.size * self.gamma
        if task.reduce and seconds > 0:
            task.started = max(self.now, self.reduces_until[task.device])
            self.reduces_until[task.device] = task.started + seconds
            self.at(self.reduces_until[task.device], 'reducing', task)
        else:
            self.end(task)

    def lose(self, task):
        self.note(task, -1.0)
        task.attempt += 1
        if task.reliable and task.attempt < self.limit:
            patience = self.resend * 2.0 ** (task.attempt - 1)
            self.at(max(self.now, task.sent + patience), 'resending', task)
        else:
            task.phase = 'lost'
            self.on_end(task)

    def note(self, task, delivered):
        self.attempts.append((task.number, task.attempt, task.sent, task.started, delivered))

    def delay(self, task):
        if self.jitter is None:
            return 0.0
        return float(self.jitter[int(self.chance(task, 1) * len(self.jitter))])

    def chance(self, task, salt):
        z = (self.seed ^ (task.number * 0x9E3779B97F4A7C15)) & MASK
        z ^= ((task.attempt << 8 | salt) * 0xD1B54A32D192ED03) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 11) * 2.0**-53

    # -- what a way of sharing decides; here: no contention ----------------------------------

    def set_out(self, task):
        flight = sum(self.latency[link] for link in task.links) + self.delay(task)
        slowest = min(self.bandwidth[link] for link in task.links)
        self.at(self.now + flight + task.size / slowest, 'arriving', task)

    def account(self, task):
        for link in task.links:
            self.carried[link] += task.size

    def on(self, task, link):
        return link in task.links

    def stop(self, task):
        pass

    def move(self, task):
        raise AssertionError(task)

    def share(self):
        return False

    def pass_time(self, time):
        self.now = time
