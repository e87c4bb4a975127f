"""Who keeps the score: rounds, epochs, evaluations, and when it is over."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from simulator.cluster.cluster import Cluster
from simulator.learning import Learning
from simulator.learning.arrays import Floats
from simulator.learning.layout import layout
from simulator.recording import Progress, Recorder
from simulator.training.validation import Validation

__all__ = ['Every', 'Scoreboard', 'Stop']

GLOBAL = -1


@dataclass(frozen=True)
class Stop:
    """When a run ends: at the first of these that is reached.

    Attributes
    ----------
    rounds : int, optional
    epochs : float, optional
    time : float, optional
        Simulated seconds.
    accuracy : float, optional
        On the test split, 0..1.
    """

    rounds: int | None = None
    epochs: float | None = None
    time: float | None = None
    accuracy: float | None = None


@dataclass(frozen=True)
class Every:
    """How often the model is evaluated: every so many rounds, epochs or simulated seconds."""

    count: float = 1.0
    unit: Literal['rounds', 'epochs', 'seconds'] = 'epochs'


class Scoreboard:
    """Counts, evaluates, records, and tells everybody when the run is over.

    Parameters
    ----------
    cluster : Cluster
    recorder : Recorder
    stop : Stop
    evaluate : Every
    learning : Learning, optional
    progress : callable, optional
        Told after each round how far the run has come.
    target : float, optional
        Accuracy whose time is noted; by default that of *stop*.
    validation : Validation, optional
        Ends the run early, and says which parameters were the best: they may become the run's.

    Attributes
    ----------
    over : Event
        Fires when the run has reached its stop.
    rounds, samples : int
        So far.
    epochs : float
        Samples used so far, in sizes of the training set.
    observers : list of callable
        Called after each evaluation, to measure more at the same moment.
    """

    def __init__(
        self,
        cluster: Cluster,
        recorder: Recorder,
        stop: Stop,
        evaluate: Every | None = None,
        *,
        learning: Learning | None = None,
        progress: Callable[[Progress], None] | None = None,
        target: float | None = None,
        validation: Validation | None = None,
    ):
        self.over = Event(cluster.clock)
        self.rounds = 0
        self.samples = 0
        self.epochs = 0.0
        self.parameters: Floats | None = None
        self.observers: list[Callable[[], None]] = []
        self._cluster = cluster
        self._recorder = recorder
        self._stop = stop
        self._every = evaluate or Every()
        self._learning = learning
        self._an_epoch = learning.samples_per_epoch if learning else 0
        self._progress = progress
        self._target = stop.accuracy if target is None else target
        self._validation = validation
        self._figures: dict[str, Any] = {}
        self._evaluated = -1.0  # simulated time of the last evaluation
        self._due = self._every.count
        if stop.time is not None:
            end = cluster.clock.nap(stop.time)
            assert end.callbacks is not None  # noqa: S101 - it has not fired yet
            end.callbacks.append(lambda _: self.end())

    @property
    def now(self) -> float:
        """Simulated seconds."""
        return self._cluster.clock.now

    def wants(self, round_: int) -> bool:
        """Whether round number *round_* (from 1) is still to be done."""
        return not self.over.triggered and (
            self._stop.rounds is None or round_ <= self._stop.rounds
        )

    def end(self) -> None:
        """End the run now."""
        if not self.over.triggered:
            self.over.succeed()

    def metric(
        self, name: str, value: float, *, device: int = GLOBAL, step: int | None = None
    ) -> None:
        """Record a value measured now."""
        step = self.rounds if step is None else step
        self._recorder.metric(self._cluster.clock.now, step, self.epochs, device, name, value)

    def figure(self, name: str, value: float) -> None:
        """Record a value measured now; the last one is a figure of the summary, too."""
        self._figures[name] = value
        self.metric(name, value)

    def round_done(self, parameters: Floats, losses: Sequence[float], samples: int) -> None:
        """Count a round that has led to *parameters* (d,), with the losses of its batches.

        Parameters
        ----------
        parameters : array, shape (d,)
            What would be used now: the server's model, a rank's, the average of the peers'.
        losses : sequence of float
            Training losses of this round.
        samples : int
            Training samples used in this round.
        """
        self.samples += samples
        self.epochs = self.samples / self._an_epoch if self._an_epoch else 0.0
        self.parameters = parameters
        loss = sum(losses) / len(losses)
        self._figures['train_loss'] = loss
        self._recorder.metric(
            self._cluster.clock.now, self.rounds + 1, self.epochs, GLOBAL, 'train_loss', loss
        )
        self.count_round()

    def count_round(self) -> None:
        """Count a round; evaluate if that is due, and end the run if its stop is reached."""
        self.rounds += 1
        self._cluster.clock.progress()
        if self._is_due():
            self.evaluate()
        if self._reached():
            self.end()
        self._tell()

    def evaluate(self) -> None:
        """Measure the model on the test split, at no cost in simulated time."""
        now = self._cluster.clock.now
        if self._learning is None or self.parameters is None or self._evaluated == now:
            return
        self._evaluated = now
        self._test()
        if self._validation is not None:
            loss = self._validation.measure(self.parameters, self.rounds)
            self.metric('val_loss', loss)
        self._observe()

    def begin(self, parameters: Floats) -> None:
        """Measure the model that training begins with, so that all curves start together."""
        self.parameters = parameters
        self._test()
        self._observe()

    def _observe(self) -> None:
        for observe in self.observers:
            observe()

    def _test(self) -> None:
        if self._learning is None or self.parameters is None:
            return
        evaluation = self._learning.evaluate(self.parameters)
        self._figures['test_loss'] = float(evaluation.loss)
        self.metric('test_loss', float(evaluation.loss))
        totals = self._cluster.fabric.totals
        self.metric('bytes', totals['bytes'])
        self.metric('messages', totals['messages'])
        perplexity = float(evaluation.perplexity)
        if not math.isnan(perplexity):  # only predicted tokens have one
            self._figures['test_perplexity'] = perplexity
            self.metric('test_perplexity', perplexity)
        accuracy = float(evaluation.accuracy)
        if not math.isnan(accuracy):  # where targets are values there is none
            self._figures['test_accuracy'] = accuracy
            self.metric('test_accuracy', accuracy)
            self._note_target(accuracy, self._cluster.clock.now, totals['bytes'])

    def summary(self) -> dict[str, Any]:
        """Return the final figures, after a last evaluation; those of the best, if kept."""
        self.evaluate()
        self._take_best()
        totals = self._cluster.fabric.totals
        return {
            **self._figures,
            'target': self._target,
            'rounds': self.rounds,
            'epochs': self.epochs if self._learning else None,
            'simulated_seconds': self._cluster.clock.now,
            'messages': int(totals['messages']),
            'bytes': totals['bytes'],
        }

    def model(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the model that the run has come to: those of the best, if kept."""
        if self.parameters is None or self._learning is None:
            return {}
        best = self._validation
        model = self._learning.model
        arrays: dict[str, NDArray[Any]] = {
            'parameters': self.parameters,
            'layout': layout(model),
        }
        if self._learning.data.vocabulary:
            arrays['vocabulary'] = np.array(self._learning.data.vocabulary)
        if self._learning.model.statistics.size:
            kept = best.statistics if best is not None and best.keeps else None
            arrays['statistics'] = self._learning.statistics() if kept is None else kept
        return arrays

    def _take_best(self) -> None:
        best = self._validation
        if best is None or best.parameters is None or self._learning is None:
            return
        self._figures |= {'val_loss': best.loss, 'best_round': best.round}
        if not best.keeps:
            return
        self.parameters = best.parameters
        found = self._learning.evaluate(best.parameters, statistics=best.statistics)
        self._figures['test_loss'] = float(found.loss)
        if 'test_accuracy' in self._figures:
            self._figures['test_accuracy'] = float(found.accuracy)
        if 'test_perplexity' in self._figures:
            self._figures['test_perplexity'] = float(found.perplexity)

    def _note_target(self, accuracy: float, now: float, carried: float) -> None:
        if self._target is not None and accuracy >= self._target:
            self._figures.setdefault('time_to_target', now)
            self._figures.setdefault('bytes_to_target', carried)

    def _is_due(self) -> bool:
        now = {
            'rounds': float(self.rounds),
            'epochs': self.epochs,
            'seconds': self._cluster.clock.now,
        }[self._every.unit]
        if now < self._due:
            return False
        while self._due <= now:
            self._due += self._every.count
        return True

    def _reached(self) -> bool:
        stop, accuracy = self._stop, self._figures.get('test_accuracy')
        return (
            (stop.rounds is not None and self.rounds >= stop.rounds)
            or (stop.epochs is not None and self.epochs >= stop.epochs)
            or (stop.accuracy is not None and accuracy is not None and accuracy >= stop.accuracy)
            or (self._validation is not None and self._validation.is_over)
        )

    def _tell(self) -> None:
        if self._progress is None:
            return
        self._recorder.tick()
        self._progress(
            Progress(
                rounds=self.rounds,
                simulated_seconds=self._cluster.clock.now,
                messages=int(self._cluster.fabric.totals['messages']),
                loss=self._figures.get('train_loss'),
                accuracy=self._figures.get('test_accuracy'),
                share=self._share(),
            )
        )

    def _share(self) -> float | None:
        stop = self._stop
        done = [
            so_far / limit
            for so_far, limit in (
                (self.rounds, stop.rounds),
                (self.epochs, stop.epochs),
                (self._cluster.clock.now, stop.time),
            )
            if limit
        ]
        return min(1.0, max(done)) if done else None
