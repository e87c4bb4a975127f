"""What a call pays along a varied number."""

from __future__ import annotations

from dataclasses import replace

from analysis.groups import group
from analysis.load import load
from analysis.report.collectives import _changes
from analysis.series import arrange


def test_it_is_told_from_the_end_where_calls_are_short(sizes):
    lines = arrange(group(load(sizes).runs))
    told = str(_changes(lines)).replace('<b>', '').replace('</b>', '')
    assert 'From 1 kB to 1 MB (size), a call takes longer by: ' in told
    backwards = [replace(one, groups=one.groups[::-1], values=one.values[::-1]) for one in lines]
    assert str(_changes(backwards)) == str(_changes(lines))


def test_what_does_not_change_is_said_so(sizes):
    lines = arrange(group(load(sizes).runs))
    flat = [replace(one, groups=(one.groups[0], one.groups[0])) for one in lines]
    assert 'not at all' in str(_changes(flat))
