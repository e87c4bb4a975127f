"""From a study to a page: what there is to tell, put into a template."""

from __future__ import annotations

import base64
import hashlib
import shlex
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from analysis.metrics import AXES
from analysis.report.blocks import Section, sample
from analysis.report.contents import EVIDENCE, HEADLINES, sections
from analysis.report.data import data_folder, frames
from analysis.report.markdown import FILTERS
from analysis.report.settings import differing, facts, runs, versions
from analysis.report.study import Study
from analysis.report.tables import series_table, summary
from analysis.report.words import capital
from analysis.text import listed

__all__ = ['Format', 'Page', 'page']

Format = Literal['html', 'md']

_TEMPLATES: Final = Path(__file__).parent / 'templates'


class Page(NamedTuple):
    """A report: its text, and what lies beside it.

    Attributes
    ----------
    text : str
    data : dict of str to DataFrame
        CSV files to write beside it, by name.
    pictures : dict of str to Markup
        Pictures to write beside it, by name; none where the page holds them itself.
    """

    text: str
    data: dict[str, pd.DataFrame]
    pictures: dict[str, Markup]


class Script(NamedTuple):
    """The page's own script, and the hash by which the page allows it and no other."""

    text: Markup
    hash: str


def page(study: Study, out: Path, form: Format = 'html') -> Page:
    """Return the report of *study*; links are relative to *out*."""
    told = contents(study, out)
    text: str = _template(form).render(told)
    pictures = {} if form == 'html' else _pictures(told['sections'])
    return Page(text, frames(study, summary(study), told['sections']), pictures)


def contents(study: Study, out: Path) -> dict[str, Any]:
    """Return all that a template can tell."""
    listing = runs(study, out)
    return {
        'title': _title(study),
        'questions': _questions(study),
        'name': listed(list(dict.fromkeys(run.name for run in study.runs))),
        'study': study,
        'headlines': _headlines(study),
        'evidence': [capital(told) for tell in EVIDENCE for told in tell(study)],
        'facts': facts(study) if study.groups else {},
        'differing': differing(study.groups),
        'summary': series_table(study) if _only_series(study) else summary(study),
        'sections': sections(study),
        'versions': versions(study),
        'runs': listing,
        'command': shlex.quote(f'{listing[0][2]}/scenario.yaml') if listing else '',
        'skipped': [(skipped.folder.name, skipped.reason) for skipped in study.skipped],
        'sample': sample,
        'script': _script(),
        'data': data_folder(out).name,
        'axes': AXES,
    }


@cache
def _template(form: Format) -> Any:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= FILTERS
    return environment.get_template(f'report.{form}.j2')


@cache
def _script() -> Script:
    text = (_TEMPLATES / 'report.js').read_text(encoding='utf-8')
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Script(Markup(text), f'sha256-{digest}')  # noqa: S704 (our own file)


def _pictures(made: list[Section]) -> dict[str, Markup]:
    return {
        f'{block.key}-{place}': panel.picture
        for section in made
        for block in section.blocks
        for place, panel in enumerate(block.panels)
    }


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
