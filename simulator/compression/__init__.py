"""Compression: what a vector becomes on the wire, and what its receiver makes of it.

Pure numpy: nothing here knows of time or of networks. A compressor is a pair of pure functions
(`Compressor`); `composed` makes one of a scenario's list; `gathered` and `merged` tell what an
all-reduce of compressed vectors sends.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from simulator.catalogue import Catalogue, Choice
from simulator.compression.compose import chained, composed, problems
from simulator.compression.compressor import (
    CompressionError,
    Compressor,
    Form,
    Packet,
    Promises,
    decode,
    encode,
)
from simulator.compression.dgc import dgc
from simulator.compression.exchange import (
    Columns,
    Exchanged,
    added,
    all_send_their_own,
    gathered,
    merged,
)
from simulator.compression.factors import Factors
from simulator.compression.feedback import error_feedback
from simulator.compression.fitness import UNFIT
from simulator.compression.floats import Floats, bfloat16, float16, identity
from simulator.compression.low_rank import low_rank
from simulator.compression.quantizers import int8, qsgd, terngrad
from simulator.compression.selection import check_amount, random_k, threshold, top_k
from simulator.compression.signs import sign
from simulator.compression.sparse import Scattered, Sparse

__all__ = [
    'COMPRESSORS',
    'Columns',
    'Compression',
    'CompressionError',
    'Compressor',
    'Exchanged',
    'Factors',
    'Floats',
    'Form',
    'Packet',
    'Promises',
    'Scattered',
    'Sparse',
    'added',
    'all_send_their_own',
    'bfloat16',
    'chained',
    'composed',
    'decode',
    'dgc',
    'encode',
    'error_feedback',
    'float16',
    'gathered',
    'identity',
    'int8',
    'low_rank',
    'merged',
    'problems',
    'qsgd',
    'random_k',
    'sign',
    'terngrad',
    'threshold',
    'top_k',
]

COMPRESSORS = Catalogue(
    'compressor',
    {
        'identity': identity,
        'float16': float16,
        'bfloat16': bfloat16,
        'int8': int8,
        'qsgd': qsgd,
        'terngrad': terngrad,
        'sign': sign,
        'top_k': top_k,
        'random_k': random_k,
        'threshold': threshold,
        'dgc': dgc,
        'low_rank': low_rank,
        'error_feedback': error_feedback,
    },
    valid={'top_k': check_amount, 'random_k': check_amount},
    unfit=UNFIT,
    stage={
        'top_k': 'selection',
        'random_k': 'selection',
        'threshold': 'selection',
        'dgc': 'selection',
        'low_rank': 'selection',
        'error_feedback': 'wrapper',
    },
)


def _together(choices: list[Choice]) -> list[Choice]:
    faults = [
        InitErrorDetails(
            type=PydanticCustomError('value_error', '{error}', {'error': text}),
            loc=(number,),
            input=choices[number].name,
        )
        for number, text in problems(choices)
    ]
    if faults:
        raise ValidationError.from_exception_data('compression', faults)
    return choices


Compression: TypeAlias = Annotated[list[Annotated[Choice, COMPRESSORS]], AfterValidator(_together)]
"""A list of compressors that go together, as an option of a training algorithm."""
