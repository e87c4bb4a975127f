"""Plug-ins: loaded on request, installed for a while, refused in words."""

import pytest

from simulator.catalogue import Catalogue, Plugin, installed, load_plugin, packaged_plugins
from simulator.errors import PluginError

GOOD = """
from simulator.units import Seconds

def my_rule(vectors, *, f: int, patience: Seconds = 1.0):
    '''Mine.'''
    return f, patience

BOSPHORUS = {'aggregation': {'my_rule': my_rule}}
"""


@pytest.fixture
def rules():
    return Catalogue('aggregation rule', {'mean': lambda vectors: 0})


@pytest.fixture
def plugin(tmp_path):
    def write(text, name='my_rules.py'):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_an_entry_can_be_chosen_while_it_is_installed(plugin, rules):
    loaded = load_plugin(plugin(GOOD))
    assert list(rules) == ['mean']
    with installed([loaded], {'aggregation': rules}):
        choice = rules.read({'my_rule': {'f': 2, 'patience': '5 ms'}})
        assert choice('vectors') == (2, 0.005)
        assert rules.entry('my_rule').source == str(loaded.source)
    assert list(rules) == ['mean']


def test_the_file_is_identified_by_its_content(plugin):
    first = load_plugin(plugin(GOOD))
    assert load_plugin(plugin(GOOD, 'other.py')).sha256 == first.sha256
    assert load_plugin(plugin(GOOD + '#')).sha256 != first.sha256


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('x = 1', 'my_rules.py: says nothing; it needs a dict BOSPHORUS'),
        ('x = (', r'my_rules.py:1: SyntaxError'),
        ('\n\n1 / 0', r'my_rules.py:3: ZeroDivisionError: division by zero'),
        ('import no_such_thing', r'my_rules.py:1: ModuleNotFoundError'),
        ('raise SystemExit(3)', r'my_rules.py:1: SystemExit: 3'),
        ('BOSPHORUS = [1]', 'must look like'),
        ('BOSPHORUS = {"aggregation": print}', "'aggregation' holds no dict of functions"),
        ('BOSPHORUS = {"aggregation": {"x": 1}}', "'aggregation' holds no dict of functions"),
        ('BOSPHORUS = {"aggregation": {1: print}}', 'names are texts'),
    ],
)
def test_a_broken_file_is_told_of_in_words(plugin, text, message):
    with pytest.raises(PluginError, match=message):
        load_plugin(plugin(text))


def test_files_that_are_none(tmp_path, plugin):
    with pytest.raises(PluginError, match='No such file'):
        load_plugin(tmp_path / 'nothing.py')
    with pytest.raises(PluginError, match=r'must end in \.py'):
        load_plugin(plugin(GOOD, 'rules.txt'))


def test_nothing_stays_installed_when_one_clashes(plugin, rules):
    good = load_plugin(plugin(GOOD))
    shadow = Plugin('shadow.py', '', {'aggregation': {'mean': lambda vectors: 1}})
    with (
        pytest.raises(PluginError, match=r"shadow\.py: aggregation rule 'mean' is already there"),
        installed([good, shadow], {'aggregation': rules}),
    ):
        pass
    assert list(rules) == ['mean']


def test_unknown_kinds_and_signatures_without_types_are_refused(rules):
    kinds = {'aggregation': rules}
    with (
        pytest.raises(PluginError, match="no catalogue 'agregation', did you mean 'aggregation'"),
        installed([Plugin('p.py', '', {'agregation': {}})], kinds),
    ):
        pass

    def untyped(vectors, *, f):
        """What is f?"""

    with (
        pytest.raises(PluginError, match=r"p\.py: aggregation rule 'untyped': .* has no type"),
        installed([Plugin('p.py', '', {'aggregation': {'untyped': untyped}})], kinds),
    ):
        pass


def test_installed_packages_bring_their_own(tmp_path, monkeypatch, rules):
    home = tmp_path / 'site'
    (home / 'nice_rules-1.2.dist-info').mkdir(parents=True)
    (home / 'nice_rules.py').write_text(GOOD)
    (home / 'nice_rules-1.2.dist-info' / 'METADATA').write_text('Name: nice-rules\nVersion: 1.2\n')
    (home / 'nice_rules-1.2.dist-info' / 'entry_points.txt').write_text(
        '[bosphorus]\nrules = nice_rules:BOSPHORUS\n'
    )
    monkeypatch.syspath_prepend(str(home))
    [found] = [p for p in packaged_plugins() if p.source == 'nice-rules 1.2']
    with installed([found], {'aggregation': rules}):
        assert 'my_rule' in rules


def test_a_broken_package_is_named(tmp_path, monkeypatch):
    home = tmp_path / 'site'
    (home / 'bad_rules-1.0.dist-info').mkdir(parents=True)
    (home / 'bad_rules-1.0.dist-info' / 'METADATA').write_text('Name: bad-rules\nVersion: 1.0\n')
    (home / 'bad_rules-1.0.dist-info' / 'entry_points.txt').write_text(
        '[bosphorus]\nrules = bad_rules_not_there:BOSPHORUS\n'
    )
    monkeypatch.syspath_prepend(str(home))
    with pytest.raises(PluginError, match=r'bad-rules 1\.0: entry point rules'):
        list(packaged_plugins())
