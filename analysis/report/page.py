"""From a study to a page: sections of figures, tables and words, put into the template."""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from analysis.report.blocks import sample
from analysis.report.contents import EVIDENCE, HEADLINES, sections
from analysis.report.settings import differing, facts, runs, versions
from analysis.report.study import Study
from analysis.report.tables import series_table, summary
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
        headlines=_headlines(study),
        evidence=[capital(told) for tell in EVIDENCE for told in tell(study)],
        facts=facts(study) if study.groups else {},
        differing=differing(study.groups),
        summary=series_table(study) if _only_series(study) else summary(study),
        sections=sections(study),
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


def _headlines(study: Study) -> list[Markup]:
    if not study.groups:
        return [Markup('None of the folders given holds a run that can be read.')]
    return [capital(told) for tell in HEADLINES for told in tell(study)]


def _only_series(study: Study) -> bool:
    """Whether the study is a sweep of collectives along a number, and nothing else."""
    return bool(study.series) and sum(len(one.groups) for one in study.series) == len(study.groups)
