"""Models of your own, written as `torch.nn.Module`; needs the extra ``bosphorus[torch]``.

A plug-in file returns a module and its loss, and wraps the function that does::

    import torch

    from simulator.learning.models.foreign import from_torch


    @from_torch
    def my_net(task, *, width: int = 32):
        '''Say in one sentence what it is.'''
        module = torch.nn.Sequential(
            torch.nn.Flatten(),
            torch.nn.LazyLinear(width),
            torch.nn.ReLU(),
            torch.nn.Linear(width, task.outputs),
        )
        return module, torch.nn.functional.cross_entropy


    BOSPHORUS = {'models': {'my_net': my_net}}

With ``--plugin my_net.py`` a scenario may say ``model: {my_net: {width: 64}}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import DataError
from simulator.learning.arrays import CACHE, Floats
from simulator.learning.models.model import Array, Evaluation, Gradients, Part
from simulator.learning.task import Task

__all__ = ['TorchModel', 'from_torch']

AT_ONCE = 256 * 1024**2
"""Bytes of gradients that are computed in one call."""
SAMPLES = 512
"""Samples evaluated at once."""


def from_torch(build: Callable[..., tuple[Any, Any]]) -> Callable[..., TorchModel]:
    """Make a model of a function ``(task, *, options) -> (module, loss)``.

    The loss takes the module's outputs and the targets of a batch, and returns their mean, as
    the functions of `torch.nn.functional` do. Options are keyword-only and typed, as everywhere.
    """

    @wraps(build)
    def model(task: Task, **options: Any) -> TorchModel:
        return TorchModel(lambda: build(task, **options), task)

    model.__annotations__ = {**build.__annotations__, 'return': TorchModel}
    return model


class TorchModel:
    """A `torch.nn.Module` with flat parameters and a worker axis, by `torch.func`.

    Gradients of all workers come from one ``vmap`` of ``grad``, on a GPU where there is one.
    Unlike the models of the catalogue, last bits may depend on who is computed together.

    Parameters
    ----------
    build : callable
        Returns a fresh module and its loss.
    task : Task

    Raises
    ------
    DataError
        If torch is missing, or a pass in training changes buffers of the module (as batch
        normalization changes its running statistics): workers can't have them apart. Buffers
        that stay as they are, such as a mask, are welcome.
    """

    def __init__(self, build: Callable[[], tuple[Any, Any]], task: Task):
        self._torch = torch = _torch()
        self._build, self._task = build, task
        self._device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
        torch.set_num_threads(1)  # as all of a run computes on one
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self._module, self._loss = self._built()
            self._check_buffers()
        held = [(name, tuple(each.shape)) for name, each in self._module.named_parameters()]
        self._arrays = list(_placed(held))
        self.dimension: int = self._arrays[-1][1].place.stop
        self.bytes = 4 * self.dimension
        self.layers = tuple(self._parts())
        self.forward_flops = sum(layer.flops for layer in self.layers)
        kinds = (torch.nn.modules.dropout._DropoutNd, torch.nn.RReLU)  # noqa: SLF001
        # one draw of a worker's stream seeds what the module draws
        self.noise = int(any(isinstance(each, kinds) for each in self._module.modules()))
        self.statistics = np.empty(0, np.float32)
        self._module.to(self._device)
        self._gradients = torch.func.vmap(
            torch.func.grad_and_value(self._batch_loss), randomness='different'
        )

    def init(self, rng: np.random.Generator) -> Floats:
        """Draw parameters (d,) as the module does, seeded by *rng*."""
        with self._torch.random.fork_rng(devices=[]):
            self._torch.manual_seed(int(rng.integers(2**63)))
            module, _ = self._built()
        drawn = [each.detach().numpy().ravel() for each in module.parameters()]
        return np.concatenate(drawn).astype(np.float32)

    def signals(
        self, parameters: Floats, inputs: NDArray[Any], statistics: Floats | None = None
    ) -> Iterator[tuple[str, Floats]]:
        """Yield nothing: what bends units inside a module is its own business."""
        yield from ()

    def outputs(
        self, parameters: Floats, inputs: NDArray[Any], statistics: Floats | None = None
    ) -> Floats:
        """Return what each of a stack of workers (W, d) answers to its inputs (W, B, ...)."""
        pairs = zip(parameters, inputs, strict=True)
        return np.stack([self._answers(*pair).cpu().numpy() for pair in pairs])

    def losses_and_gradients(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        noise: Floats | None = None,
    ) -> Gradients:
        """Return each worker's loss (W,) and gradient (W, d)."""
        given = (self._tensor(each) for each in (parameters, inputs, targets))
        self._module.train()
        with self._torch.random.fork_rng(enabled=noise is not None):
            if noise is not None:
                seed = np.ascontiguousarray(noise, np.float32).view(np.uint32)
                self._torch.manual_seed(int(seed.sum(dtype=np.uint64)))
            gradients, losses = self._gradients(*given)
        losses, gradients = (each.detach().cpu().numpy() for each in (losses, gradients))
        return Gradients(losses, gradients, np.empty((len(parameters), 0), np.float32))

    def evaluate(
        self,
        parameters: Floats,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        statistics: Floats | None = None,
    ) -> Evaluation:
        """Return loss and accuracy of one vector (d,), or of each of many (W, d)."""
        stack = parameters.reshape(-1, self.dimension)
        sums = np.array([self._judged(each, inputs, targets) for each in stack])
        losses, hits, asked = sums.T.reshape(3, *parameters.shape[:-1])
        losses = losses / asked
        return Evaluation(
            losses,
            hits / asked if self._task.labels else np.full_like(hits, np.nan),
            np.exp(losses) if self._task.tokens and self._task.steps else np.float64(np.nan),
        )

    def footprint(self, batch: int) -> float:
        """Return what lets as many workers be computed at once as is worth a call to torch."""
        return 8.0 * self.dimension * (CACHE / AT_ONCE)

    def _built(self) -> tuple[Any, Any]:
        module, loss = self._build()
        module.eval()
        with self._torch.no_grad():
            module(self._sample(2))  # lazy layers find their sizes
        return module, loss

    def _sample(self, count: int) -> Any:
        """Return inputs to try the module with."""
        shape = (count, *self._task.inputs)
        if self._task.tokens:
            return self._torch.randint(self._task.tokens, shape)
        return self._torch.rand(shape)

    def _check_buffers(self) -> None:
        before = {name: each.clone() for name, each in self._module.named_buffers()}
        self._module.train()
        with self._torch.no_grad():
            self._module(self._sample(2))
        after = dict(self._module.named_buffers())
        changed = [name for name, each in before.items() if not each.equal(after[name])]
        if changed:
            raise DataError(
                f'torch: a pass in training changes {", ".join(changed[:3])}, of which workers '
                'can not have each its own; take LayerNorm or GroupNorm in place of batch '
                'normalization, or its track_running_stats=False.'
            )
        if not any(True for _ in self._module.parameters()):
            raise DataError('torch: the module has no parameters to learn.')

    def _batch_loss(self, parameters: Any, inputs: Any, targets: Any) -> Any:
        return self._loss(self._called(parameters, inputs), targets)

    def _called(self, parameters: Any, inputs: Any) -> Any:
        views = {name: parameters[at.place].reshape(at.shape) for name, at in self._arrays}
        return self._torch.func.functional_call(self._module, views, (inputs,))

    def _answers(self, parameters: Floats, inputs: NDArray[Any]) -> Any:
        self._module.eval()
        with self._torch.no_grad():
            return self._called(self._tensor(parameters), self._tensor(inputs))

    def _judged(
        self, parameters: Floats, inputs: NDArray[Any], targets: NDArray[Any]
    ) -> tuple[float, float, float]:
        """Return the summed loss, the right answers, and how many were asked for."""
        loss = hits = asked = 0.0
        for start in range(0, len(inputs), SAMPLES):
            some = slice(start, start + SAMPLES)
            outputs, wanted = self._answers(parameters, inputs[some]), self._tensor(targets[some])
            # steps of a sequence may be without a target
            count = int((wanted >= 0).sum()) if self._task.labels else len(wanted)
            loss += float(self._loss(outputs, wanted)) * count
            asked += count
            if self._task.labels:
                hits += _right(outputs, wanted)
        return loss, hits, asked

    def _tensor(self, array: NDArray[Any]) -> Any:
        wanted = np.float32 if array.dtype.kind == 'f' else np.int64
        copied = np.array(array, wanted)  # torch wants memory that it may write to
        return self._torch.from_numpy(copied).to(self._device)

    def _parts(self) -> Iterator[Part]:
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter, self._torch.no_grad():
            self._module(self._sample(1))
        counts = {name: sum(each.values()) for name, each in counter.get_flop_counts().items()}
        root = type(self._module).__name__
        layers: dict[str, dict[str, Array]] = {}
        for name, array in self._arrays:
            owner, _, own = name.rpartition('.')
            layers.setdefault(owner, {})[own] = array
        for number, (owner, arrays) in enumerate(layers.items(), start=1):
            places = [array.place for array in arrays.values()]
            flops = float(counts.get(f'{root}.{owner}' if owner else root, 0))
            yield Part(
                f'{number}-{owner or root}', slice(places[0].start, places[-1].stop), arrays, flops
            )


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise DataError(
            "torch: a model of your own needs it; install it with pip install 'bosphorus[torch]'."
        ) from None
    return torch


def _right(outputs: Any, wanted: Any) -> int:
    """Return how many answers are right; a model that has diverged is right about nothing."""
    lone = outputs.shape[-1] == 1
    chosen = (outputs[..., 0] >= 0).long() if lone else outputs.argmax(dim=-1)
    return int(((chosen == wanted) & outputs.isfinite().all(dim=-1)).sum())


def _placed(held: list[tuple[str, tuple[int, ...]]]) -> Iterator[tuple[str, Array]]:
    start = 0
    for name, shape in held:
        stop = start + int(np.prod(shape))
        yield name, Array(slice(start, stop), shape)
        start = stop
