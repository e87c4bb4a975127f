"""From a study to a page: sections of figures, tables and words, put into the template."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from analysis.report.answer import headline
from analysis.report.blocks import Section, sample
from analysis.report.collectives import (
    collective_blocks,
    collective_evidence,
    collective_headline,
)
from analysis.report.delays import latency_blocks
from analysis.report.evidence import evidence
from analysis.report.learning import learning_blocks
from analysis.report.settings import differing, facts, runs, versions
from analysis.report.study import Study
from analysis.report.tables import Table, level_table, prediction_table, series_table, summary
from analysis.report.timing import timing_blocks
from analysis.report.traffic import prediction_blocks, traffic_blocks
from analysis.report.words import capital
from analysis.text import listed

__all__ = ['page']


def page(study: Study, out: Path) -> str:
    """Return the HTML page that tells of *study*; links are relative to *out*."""
    listing = runs(study, out)
    html: str = _template().render(
        title=_title(study),
        questions=_questions(study),
        name=listed(list(dict.fromkeys(run.name for run in study.runs))),
        study=study,
        headlines=list(_headlines(study)),
        evidence=[*evidence(study), *(collective_evidence(study) if study.collectives else [])],
        facts=facts(study) if study.groups else {},
        differing=differing(study.groups),
        summary=series_table(study) if _only_series(study) else summary(study),
        sections=_sections(study),
        versions=versions(study),
        runs=listing,
        command=shlex.quote(f'{listing[0][2]}/scenario.yaml') if listing else '',
        skipped=[(skipped.folder.name, skipped.reason) for skipped in study.skipped],
        sample=sample,
    )
    return html


@cache
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / 'templates'),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template('report.html.j2')


def _questions(study: Study) -> list[str]:
    """Return the questions asked; where there is one, cut after its first question mark."""
    asked = [q for q in dict.fromkeys(run.question for run in study.runs) if q]
    if len(asked) != 1:
        return asked
    first, mark, rest = asked[0].partition('? ')
    return [first + mark.strip(), *([rest] if rest else [])]


def _title(study: Study) -> str:
    """Return what the page is called: its question, else what it compares."""
    if questions := _questions(study):
        return questions[0]
    labels = [g.label for g in study.groups]
    if len(labels) > 1:
        rest = labels[1] if len(labels) == 2 else f'{len(labels) - 1} others'
        return f'{labels[0]} compared with {rest}'
    return labels[0] if labels else 'No runs'


def _headlines(study: Study) -> Iterator[Markup]:
    if study.learning:
        yield capital(headline(study))
    if study.collectives:
        yield capital(collective_headline(study))
    if not study.groups:
        yield Markup('None of the folders given holds a run that can be read.')


def _sections(study: Study) -> list[Section]:
    """Return the sections of figures that have something to show."""
    made = [
        Section('learning', 'Learning', learning_blocks(study), _levels(study)),
        Section('collectives', 'Collectives', collective_blocks(study)),
        Section('time', 'Time', timing_blocks(study)),
        Section('traffic', 'Traffic', [*traffic_blocks(study), *latency_blocks(study)]),
        Section('prediction', 'Closed forms', prediction_blocks(study), [prediction_table(study)]),
    ]
    return [section for section in made if section.blocks]


def _levels(study: Study) -> list[Table]:
    table = level_table(study)
    return [table] if len(table.head) > 1 and len(study.learning) > 1 else []


def _only_series(study: Study) -> bool:
    """Whether the study is a sweep of collectives along a number, and nothing else."""
    return bool(study.series) and sum(len(one.groups) for one in study.series) == len(study.groups)
