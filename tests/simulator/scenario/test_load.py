"""From a file to runs, and back."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.scenario import RunSpec, Scenario, load, load_text
from simulator.scenario.document import parse


def unchecked(_):
    return ()


def test_a_file_without_variants_is_one_run(runs):
    [spec] = runs()
    assert (spec.variant, spec.vary, spec.seed) == ('base', {}, 7)
    assert spec.scenario.stop.rounds == 3
    assert spec.scenario.question == 'Is it right?'


def test_variants_times_grid_in_order(runs):
    specs = runs('variants: {a: {}, b: {stop: {rounds: 9}}}\nvary: {seed: [1, 2]}')
    assert [(s.variant, s.vary, s.seed, s.scenario.stop.rounds) for s in specs] == [
        ('a', {'seed': 1}, 1, 3),
        ('a', {'seed': 2}, 2, 3),
        ('b', {'seed': 1}, 1, 9),
        ('b', {'seed': 2}, 2, 9),
    ]


def test_a_variant_that_names_a_second_algorithm_replaces_the_first(runs):
    specs = runs('variants: {ps: {}, ring: {training: {all_reduce: {algorithm: ring}}}}')
    assert [spec.scenario.training.name for spec in specs] == ['parameter_server', 'all_reduce']


def test_varied_keys_go_before_variants(runs):
    specs = runs('variants: {a: {seed: 5}}\nvary: {seed: [1], stop.rounds: [8]}')
    assert [(s.seed, s.scenario.stop.rounds) for s in specs] == [(1, 8)]


def test_the_command_line_goes_before_everything(runs):
    more = 'variants: {a: {stop: {rounds: 5}}}\nvary: {seed: [1, 2], learning.batch: [1, 2]}'
    specs = runs(more, sets=['stop.rounds=6', 'learning.batch=3', 'cluster.sharing=fifo'], seed=4)
    assert [(s.seed, s.vary) for s in specs] == [(4, {})]
    scenario = specs[0].scenario
    assert (scenario.stop.rounds, scenario.learning.batch) == (6, 3)
    assert scenario.cluster.sharing == 'fifo'


def test_the_command_line_may_change_the_grid(runs):
    specs = runs('vary: {seed: [1, 2]}', sets=['vary.seed=[3, 4, 5]', 'vary.stop.rounds=[2]'])
    assert [(s.seed, s.scenario.stop.rounds) for s in specs] == [(3, 2), (4, 2), (5, 2)]
    assert len(runs('vary: {seed: [1, 2]}', sets=['vary=null'])) == 1


def test_null_removes_on_the_command_line(runs):
    assert runs(sets=['stop.time=1 s', 'stop.rounds='])[0].scenario.stop.rounds is None


@pytest.mark.parametrize(
    ('sets', 'message'),
    [
        (['rounds'], '--set rounds: error: write --set key=value, such as stop.rounds=10'),
        (['=3'], '--set =3: error: write --set key=value'),
        (['stop..rounds=3'], '--set stop..rounds=3: error: stop..rounds: no such key'),
        (['stop.round=3'], '--set stop.round=3: error: stop.round: no such key, did you mean'),
        (['stop.time=3'], '--set stop.time=3: error: stop.time: 3 carries no unit'),
        (['seed=[1'], '--set seed=[1: error: YAML: expected'),
        (['seed={a: 1, a: 2}'], '--set seed={a: 1, a: 2}: error: a: stands here twice'),
    ],
)
def test_the_command_line_is_told_of_its_own_mistakes(small, wrong, sets, message):
    assert wrong(small, sets=sets)[0].startswith(message)


def test_a_wrong_seed_is_the_option_s(small, wrong):
    assert wrong(small, seed=-1) == ['--seed: error: seed: must be at least 0, not -1']


def test_errors_of_variants_and_varied_values_point_to_their_lines(small, wrong):
    text = small + (
        'variants:\n'
        '  a: {stop: {rounds: -1}}\n'
        '  b: {}\n'
        'vary:\n'
        '  cluster.link.latency: [1 us, 2]\n'
        '  lerning.batch: [3]\n'
    )
    assert wrong(text) == [
        'x.yaml:13:22: error: stop.rounds: must be more than 0, not -1',
        (
            'x.yaml:16:32: error: cluster.link.latency: 2 carries no unit; '
            "write a time such as '50 us'"
        ),
        "x.yaml:17:3: error: lerning: no such key, did you mean 'learning'?",
    ]


def test_problems_that_many_runs_share_are_told_once(small, wrong):
    text = small.replace('digits', 'digts') + 'vary: {seed: [1, 2, 3]}'
    assert wrong(text) == [
        "x.yaml:8:9: error: learning.data: no data set 'digts', did you mean 'digits'?"
    ]


def test_a_varied_option_of_what_is_not_chosen(small, wrong, runs):
    more = (
        'variants: {ps: {}, ring: {training: all_reduce}}\n'
        'vary:\n'
        '  training.parameter_server.shards: [1]\n'
    )
    [line] = wrong(small + more)
    assert line == (
        'x.yaml:14:3: error: vary.training.parameter_server.shards: '
        "'all_reduce' is chosen there in variant 'ring'; exclude it"
    )
    more = more.replace(
        '[1]\n', '[1]\n  exclude: [{variant: ring}]\n  include: [{variant: ring}]\n'
    )
    assert [(s.variant, s.vary) for s in runs(more)] == [
        ('ps', {'training.parameter_server.shards': 1}),
        ('ring', {}),
    ]


def test_too_many_runs_are_refused_before_they_are_made(small, wrong):
    axes = ', '.join(f'k{n}: {list(range(10))}' for n in range(9))
    [message] = wrong(small + f'vary: {{{axes}}}')
    assert message.endswith('error: vary: makes 1000000000 runs; at most 10000')


def test_a_grid_that_excludes_everything(small, wrong):
    text = small + 'vary: {seed: [1], exclude: [{seed: 1}]}'
    assert wrong(text) == ['x.yaml:12:28: error: vary.exclude: leaves no run']


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'x.yaml: error: is empty; a scenario needs cluster and training'),
        ('# only a question', 'x.yaml: error: is empty'),
        ('- a\n- b', 'x.yaml:1:1: error: a scenario is a mapping'),
        ('hello', 'x.yaml:1:1: error: a scenario is a mapping'),
        ('{}', 'x.yaml:1:1: error: cluster: is missing'),
        ('cluster: null\ntraining: 3', 'x.yaml:1:1: error: cluster: is missing'),
        ('name: a/b', "x.yaml:1:7: error: name: 'a/b' can not be a folder"),
        ('name: 3', 'x.yaml:1:7: error: name: must be a text, not 3'),
    ],
)
def test_files_that_are_no_scenario(wrong, text, message):
    assert any(line.startswith(message) for line in wrong(text))


def test_the_question_is_the_leading_comment(runs, small):
    comment = '# yaml-language-server: $schema=x.json\n#\n# Why\n#   so?\n#\n# not this\n'
    [spec] = load_text(small.replace('# Is it right?\n', comment))
    assert spec.scenario.question == 'Why\nso?'
    assert load_text(spec.yaml)[0].scenario.question == 'Why\nso?'
    [spec] = runs('question: Because.')
    assert spec.scenario.question == 'Because.'


def test_the_file_gives_the_name(tmp_path, small):
    file = tmp_path / 'my study.yaml'
    file.write_text(small.replace('name: small\n', ''))
    assert load(file)[0].scenario.name == 'my study'
    file = tmp_path / '.hidden'
    file.write_text(small.replace('name: small\n', ''))
    assert load(file)[0].scenario.name == 'scenario'


def test_runs_cross_process_boundaries(runs):
    [spec] = runs('vary: {seed: [3]}')
    assert pickle.loads(pickle.dumps(spec)) == spec  # noqa: S301


def test_names_are_there_without_importing_everything():
    import simulator

    assert simulator.Scenario is Scenario
    assert 'RunSpec' in dir(simulator)
    with pytest.raises(AttributeError, match='nothing'):
        _ = simulator.nothing


times = st.floats(1e-9, 1e3).map(lambda x: f'{x!r} s')
rates = st.floats(1, 1e12).map(lambda x: f'{x!r} B/s')
chances = st.floats(0, 0.9)


def sections(required, **optional):
    return st.fixed_dictionaries(required, optional=optional)


def law_or(values):
    law = st.one_of(
        st.tuples(values, values).map(
            lambda v: {'choice': {'values': list(v), 'weights': [1.0, 2.0]}}
        ),
        values.map(lambda v: {'exponential': {'mean': v}}),
        st.tuples(values, chances).map(lambda v: {'lognormal': {'median': v[0], 'sigma': v[1]}}),
    )
    return values | law


SCENARIOS = sections(
    {
        'cluster': sections(
            {'topology': st.integers(1, 99).map(lambda n: {'star': {'workers': n, 'servers': 1}})},
            link=sections({}, bandwidth=law_or(rates), latency=law_or(times), loss=law_or(chances)),
            device=sections({}, reduce=law_or(rates)),
            stragglers=st.just('none') | chances.map(lambda s: {'lognormal': {'sigma': s}}),
            sharing=st.sampled_from(['fair', 'fifo', 'none']),
            overrides=st.just({'links': {'0..1-2': {'latency': '1 us'}}}),
        ),
        'learning': sections(
            {
                'data': st.sampled_from(['digits', 'xor']),
                'model': st.just('linear')
                | st.lists(st.integers(1, 9), max_size=2).map(lambda h: {'mlp': {'hidden': h}}),
                'optimizer': st.floats(1e-6, 1).map(lambda r: {'sgd': {'rate': r}}),
            },
            batch=st.integers(1, 99),
            stands_for=st.just({'parameters': '25.6M', 'flops': '4.1 Gflop'}),
        ),
        'training': st.sampled_from(['parameter_server', {'all_reduce': {'algorithm': 'ring'}}]),
        'stop': sections({'rounds': st.integers(1, 99)}, time=times, accuracy=st.floats(0.1, 1)),
    },
    seed=st.integers(0, 2**63 - 1),
    question=st.text(st.characters(exclude_categories=['Cc', 'Cs', 'Zl', 'Zp']), max_size=9),
    evaluate=st.just({'every': '2 rounds'}),
    record=st.just({'messages': {'share': 0.5}}) | st.just({'spans': False}),
)


@settings(max_examples=40)
@given(SCENARIOS)
def test_a_resolved_run_runs_again_as_it_is(data):
    spec = RunSpec.of({'name': 'a', **data})
    [again] = load_text(spec.yaml, 'a.yaml', checks=unchecked)
    assert (again.scenario, again.seed) == (spec.scenario, spec.seed)
    assert again.resolved == spec.resolved
    assert again.yaml == spec.yaml


def test_a_resolved_run_holds_all_defaults_with_their_units(runs):
    resolved = runs()[0].resolved
    assert resolved['cluster']['link'] == {'bandwidth': '10 Gb/s', 'latency': '50 us', 'loss': 0.0}
    assert resolved['cluster']['stragglers'] == 'none'
    assert resolved['learning']['batch'] == 32
    assert 'overrides' not in resolved['cluster']
    assert parse(runs()[0].yaml).plain() == resolved
