from __future__ import annotations

from analysis.report.words import capital, interval, names, say, series, sooner, sureness
from analysis.statistics import Comparison


def test_values_are_escaped_and_sentences_are_not():
    assert say('<i>{}</i>', '<b>') == '<i>&lt;b&gt;</i>'
    assert series(['<', say('<b>x</b>')]) == '&lt; and <b>x</b>'


def test_long_lists_of_names_end_in_a_number():
    assert names([f'v{i}' for i in range(8)], most=2).striptags() == 'v0, v1 and 6 more'


def test_only_words_are_capitalized():
    assert capital(say('a round')) == 'A round'
    assert capital(say('{} is', '5 % of it')) == '5 % of it is'


def test_small_gains_are_percent_and_large_ones_factors():
    assert sooner(1.1) == '9.1 % sooner'
    assert sooner(12.0) == '12 times sooner'


def test_an_interval_needs_two_seeds():
    assert interval(Comparison(0.1, -0.2, 0.4, 3, 0.0), 'share') == '95 % interval −0.200 to 0.400'
    assert interval(Comparison(0.1, float('nan'), float('nan'), 1, 0.0)) == ''


def test_how_sure_one_can_be():
    assert 'luck and difference' in sureness([1, 1])
    assert 'fewer than 5 seeds' in sureness([2, 3])
    assert '2 to 3 seeds each' in sureness([2, 3])
    assert 'fewer' not in sureness([7, 7])
    assert sureness([7]) == '7 seeds.'
