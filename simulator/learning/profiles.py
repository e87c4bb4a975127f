"""Well-known large models, for which a small one can stand: counted from their architecture.

A profile's stages are in forward order, so that buckets of gradients can be sent as soon as the
backward pass has come so far. A multiplication and an addition are two operations here; papers
often count the pair as one, and arrive at half.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

__all__ = ['PROFILES', 'Profile', 'Stage']


class Stage(NamedTuple):
    """A stretch of a model: its parameters, and its forward operations per sample."""

    parameters: int
    flops: float

    def __add__(self, other: object) -> Stage:
        """Return both together, as one stage."""
        if not isinstance(other, Stage):
            return NotImplemented
        return Stage(self.parameters + other.parameters, self.flops + other.flops)


class Profile(NamedTuple):
    """What a large model weighs and costs.

    Attributes
    ----------
    stages : tuple of Stage
        In forward order.
    """

    stages: tuple[Stage, ...]

    @property
    def parameters(self) -> int:
        """How many there are."""
        return sum(stage.parameters for stage in self.stages)

    @property
    def flops(self) -> float:
        """Forward operations per sample."""
        return sum(stage.flops for stage in self.stages)


def alexnet() -> Profile:
    """AlexNet in one column, images of 224x224: a stage a layer.

    References
    ----------
    .. [1] Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
       arXiv:1404.5997, 2014.

    Examples
    --------
    >>> alexnet().parameters
    61100840
    """
    convolutions = [(3, 64, 11, 55), (64, 192, 5, 27), (192, 384, 3, 13), (384, 256, 3, 13)]
    stages = [_convolution(*each) for each in [*convolutions, (256, 256, 3, 13)]]
    return Profile((*stages, *_chain([256 * 6 * 6, 4096, 4096, 1000])))


def vgg16() -> Profile:
    """VGG-16, images of 224x224: five blocks of convolutions and three dense layers.

    References
    ----------
    .. [1] Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
       Recognition", ICLR 2015.

    Examples
    --------
    >>> vgg16().parameters
    138357544
    """
    stages, maps, size = [], 3, 224
    for count, units in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]:
        first = _convolution(maps, units, 3, size)
        stages.append(_sum([first, *[_convolution(units, units, 3, size)] * (count - 1)]))
        maps, size = units, size // 2
    return Profile((*stages, *_chain([512 * 7 * 7, 4096, 4096, 1000])))


def resnet50() -> Profile:
    """ResNet-50, images of 224x224: stem, four stages of bottleneck blocks, and the classifier.

    References
    ----------
    .. [1] He, Zhang, Ren & Sun, "Deep Residual Learning for Image Recognition", CVPR 2016.

    Examples
    --------
    >>> resnet50().parameters
    25557032
    """
    return _resnet([3, 4, 6, 3])


def resnet152() -> Profile:
    """ResNet-152, images of 224x224: stem, four stages of bottleneck blocks, and the classifier.

    References
    ----------
    .. [1] He, Zhang, Ren & Sun, "Deep Residual Learning for Image Recognition", CVPR 2016.

    Examples
    --------
    >>> resnet152().parameters
    60192808
    """
    return _resnet([3, 8, 36, 3])


def vit_base() -> Profile:
    """Vision Transformer ViT-B/16, images of 224x224: patches, 12 blocks, and the classifier.

    References
    ----------
    .. [1] Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition
       at Scale", ICLR 2021.

    Examples
    --------
    >>> vit_base().parameters
    86567656
    """
    width, tokens = 768, 197
    patches = _convolution(3, width, 16, 14) + Stage((1 + tokens) * width, 0.0)
    end = Stage(2 * width, 0.0) + _dense(width, 1000)
    return Profile((patches, *[_block(width, tokens)] * 12, end))


def bert_base() -> Profile:
    """BERT base, sequences of 512 tokens: embeddings, 12 blocks, and the pooler.

    References
    ----------
    .. [1] Devlin, Chang, Lee & Toutanova, "BERT: Pre-training of Deep Bidirectional Transformers
       for Language Understanding", NAACL 2019.

    Examples
    --------
    >>> bert_base().parameters
    109482240
    """
    return _bert(768, 12)


def bert_large() -> Profile:
    """BERT large, sequences of 512 tokens: embeddings, 24 blocks, and the pooler.

    References
    ----------
    .. [1] Devlin, Chang, Lee & Toutanova, "BERT: Pre-training of Deep Bidirectional Transformers
       for Language Understanding", NAACL 2019.

    Examples
    --------
    >>> bert_large().parameters
    335141888
    """
    return _bert(1024, 24)


def gpt2() -> Profile:
    """GPT-2 small, sequences of 1024 tokens: embeddings, 12 blocks, and the shared output.

    References
    ----------
    .. [1] Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.

    Examples
    --------
    >>> gpt2().parameters
    124439808
    """
    return _gpt2(768, 12)


def gpt2_xl() -> Profile:
    """GPT-2 XL, sequences of 1024 tokens: embeddings, 48 blocks, and the shared output.

    References
    ----------
    .. [1] Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.

    Examples
    --------
    >>> gpt2_xl().parameters
    1557611200
    """
    return _gpt2(1600, 48)


PROFILES: dict[str, Callable[..., Profile]] = {
    'alexnet': alexnet,
    'vgg16': vgg16,
    'resnet50': resnet50,
    'resnet152': resnet152,
    'vit_base': vit_base,
    'bert_base': bert_base,
    'bert_large': bert_large,
    'gpt2': gpt2,
    'gpt2_xl': gpt2_xl,
}


def _sum(stages: Sequence[Stage]) -> Stage:
    return Stage(sum(s.parameters for s in stages), sum(s.flops for s in stages))


def _convolution(maps: int, units: int, kernel: int, size: int, *, norm: bool = False) -> Stage:
    """Return a convolution with outputs of size x size; batch normalization in place of a bias."""
    weights = maps * units * kernel**2
    return Stage(weights + (2 if norm else 1) * units, 2.0 * weights * size**2)


def _dense(inputs: int, units: int, tokens: int = 1) -> Stage:
    return Stage((inputs + 1) * units, 2.0 * inputs * units * tokens)


def _chain(units: Sequence[int]) -> list[Stage]:
    return [_dense(*pair) for pair in itertools.pairwise(units)]


def _resnet(blocks: Sequence[int]) -> Profile:
    stages, maps = [_convolution(3, 64, 7, 112, norm=True)], 64
    for depth, count in enumerate(blocks):
        inner, size = 64 * 2**depth, 56 // 2**depth
        stages.append(_sum(list(_bottlenecks(maps, inner, count, size, first=depth == 0))))
        maps = 4 * inner
    return Profile((*stages, _dense(maps, 1000)))


def _bottlenecks(maps: int, inner: int, count: int, size: int, *, first: bool) -> Iterator[Stage]:
    # the first block of a stage halves the image in its 3x3 convolution, but for the first stage
    before, outer = size if first else 2 * size, 4 * inner
    yield _convolution(maps, outer, 1, size, norm=True)  # the way past the first block
    for block in range(count):
        entry, seen = (maps, before) if block == 0 else (outer, size)
        yield _convolution(entry, inner, 1, seen, norm=True)
        yield _convolution(inner, inner, 3, size, norm=True)
        yield _convolution(inner, outer, 1, size, norm=True)


def _block(width: int, tokens: int) -> Stage:
    """Return a transformer block: attention, two dense layers, two layer normalizations."""
    mixing = Stage(4 * width, 4.0 * tokens**2 * width)  # scores, and their weighted sums
    hidden = _dense(width, 4 * width, tokens) + _dense(4 * width, width, tokens)
    return mixing + _sum([_dense(width, width, tokens)] * 4) + hidden


def _bert(width: int, blocks: int) -> Profile:
    tokens = 512
    words = Stage((30_522 + tokens + 2 + 2) * width, 0.0)  # words, places, segments, normalization
    return Profile((words, *[_block(width, tokens)] * blocks, _dense(width, width)))


def _gpt2(width: int, blocks: int) -> Profile:
    words, tokens = 50_257, 1024
    embeddings = Stage((words + tokens) * width, 0.0)
    # the output weighs with the embeddings of words, so only its operations are added
    end = Stage(2 * width, 2.0 * words * width * tokens)
    return Profile((embeddings, *[_block(width, tokens)] * blocks, end))
