"""What a report consists of, in order: an addition is one module, and one line here.

Each function takes the `Study` and returns what it has to tell of it, an empty list where that is
nothing. Columns of the table of variants are listed in `analysis.report.tables`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from markupsafe import Markup

from analysis.report.along import (
    along_blocks,
    along_headlines,
    scaling_blocks,
    scaling_evidence,
)
from analysis.report.answer import headlines
from analysis.report.blocks import Block, Section
from analysis.report.byzantine import byzantine_blocks, byzantine_evidence
from analysis.report.collectives import (
    collective_blocks,
    collective_evidence,
    collective_headlines,
)
from analysis.report.conditions import condition_tables, robustness_evidence
from analysis.report.delays import latency_blocks
from analysis.report.evidence import evidence
from analysis.report.layers import layer_blocks
from analysis.report.learning import learning_blocks
from analysis.report.nodes import apart_evidence, staleness_blocks
from analysis.report.optimum import optimum_headlines, optimum_tables
from analysis.report.paths import path_blocks, use_blocks
from analysis.report.placement import (
    critical_tables,
    placement_blocks,
    placement_evidence,
    placement_headlines,
)
from analysis.report.resilience import (
    resilience_blocks,
    resilience_evidence,
    resilience_headlines,
)
from analysis.report.robustness import robustness_blocks, robustness_headlines
from analysis.report.schedulers import scheduler_headlines
from analysis.report.search import search_blocks, search_headlines, search_tables
from analysis.report.splits import split_blocks, split_evidence, split_headlines
from analysis.report.study import Study
from analysis.report.tables import Table, level_tables, prediction_tables
from analysis.report.timing import timing_blocks
from analysis.report.tradeoff import difference_evidence, front_blocks, matrix_blocks
from analysis.report.traffic import prediction_blocks, traffic_blocks
from analysis.report.tuned import tuned_evidence

__all__ = ['EVIDENCE', 'HEADLINES', 'PARTS', 'Part', 'sections']

Sentences = Callable[[Study], list[Markup]]
Blocks = Callable[[Study], list[Block]]
Tables = Callable[[Study], list[Table]]


class Part(NamedTuple):
    """A section as it is planned: it appears where one of its figures does."""

    key: str
    title: str
    blocks: tuple[Blocks, ...]
    tables: tuple[Tables, ...] = ()


HEADLINES: Final[tuple[Sentences, ...]] = (
    robustness_headlines,
    along_headlines,
    headlines,
    collective_headlines,
    optimum_headlines,
    search_headlines,
    scheduler_headlines,
    placement_headlines,
    split_headlines,
    resilience_headlines,
)
"""The answer, a sentence or two."""

EVIDENCE: Final[tuple[Sentences, ...]] = (
    robustness_evidence,
    scaling_evidence,
    evidence,
    apart_evidence,
    byzantine_evidence,
    collective_evidence,
    placement_evidence,
    split_evidence,
    resilience_evidence,
    difference_evidence,
    tuned_evidence,
)
"""What supports and what limits it, sentence by sentence."""

PARTS: Final[tuple[Part, ...]] = (
    Part(
        'robustness',
        'Robustness',
        (byzantine_blocks, robustness_blocks, resilience_blocks),
        (condition_tables,),
    ),
    Part(
        'learning',
        'Learning',
        (layer_blocks, along_blocks, learning_blocks, front_blocks, scaling_blocks),
        (level_tables,),
    ),
    Part('collectives', 'Collectives', (collective_blocks,)),
    Part(
        'placements',
        'Placements',
        (search_blocks, placement_blocks),
        (optimum_tables, search_tables, critical_tables),
    ),
    Part('time', 'Time', (split_blocks, path_blocks, timing_blocks, use_blocks, staleness_blocks)),
    Part('traffic', 'Traffic', (traffic_blocks, matrix_blocks, latency_blocks)),
    Part('prediction', 'Closed forms', (prediction_blocks,), (prediction_tables,)),
)
"""The sections of figures."""


def sections(study: Study) -> list[Section]:
    """Return the sections that have something to show."""
    made = [_section(part, study) for part in PARTS]
    return [section for section in made if section.blocks]


def _section(part: Part, study: Study) -> Section:
    blocks = [block for make in part.blocks for block in make(study)]
    tables = [table for make in part.tables for table in make(study)]
    return Section(part.key, part.title, blocks, tables)
