"""Compression in training: bytes that are those of the encoding, and what is learned from them."""

import numpy as np
import pytest

from simulator.compression import COMPRESSORS, composed, encode
from simulator.training.packing import Packer, compressor_of

FEEDBACK = 'error_feedback'
LISTS = {
    'identity': ['identity'],
    'float16': ['float16'],
    'qsgd': ['qsgd'],
    'sign': ['sign', FEEDBACK],
    'top_k': [{'top_k': {'share': 0.2}}, FEEDBACK],
    'top_k of bytes': [{'top_k': {'share': 0.2}}, 'int8', FEEDBACK],
    'threshold': [{'threshold': {'value': 0.05}}, FEEDBACK],
    'dgc': [{'dgc': {'share': 0.2, 'warm_up': 4}}],
    'low_rank': [{'low_rank': {'rank': 1}}, FEEDBACK],
}
MERGED = ['identity', 'float16', 'top_k', 'threshold', 'dgc', 'low_rank']


def sent(experiment, kind):
    """Return the sizes of all messages of a kind, by step, of a run that is still to come."""
    sizes = {}

    def note(rows):
        names = [tag.name for tag in experiment.cluster.tags.all]
        for row in rows:
            if names[row['tag']] == kind:
                sizes.setdefault(int(row['step']), []).append(float(row['size']))

    experiment.cluster.fabric.tap(messages=note)
    return sizes


@pytest.mark.parametrize('name', LISTS)
def test_what_workers_push_is_as_long_as_its_encoding(make_experiment, train, name, monkeypatch):
    experiment, packets = make_experiment(workers=3), []
    sizes, settle = sent(experiment, 'gradient'), Packer._settle

    def spy(packer, senders):
        parcels = [packer._open[sender][0] for sender in senders]
        settle(packer, senders)
        packets.extend(parcel.packet for parcel in parcels)

    monkeypatch.setattr(Packer, '_settle', spy)
    trained = train(experiment, 'parameter_server', compression=LISTS[name])
    assert len(packets) == 15
    assert sorted(size for each in sizes.values() for size in each) == sorted(
        len(encode(each)) for each in packets
    )
    plain = 4 * experiment.parameters * len(packets)
    ratio = plain / sum(each.bytes for each in packets)
    assert trained.summary['compression_ratio'] == pytest.approx(ratio)


@pytest.mark.parametrize('kind', ['parameter_server', 'all_reduce'])
def test_with_identity_the_model_is_bitwise_that_without_compression(make_experiment, train, kind):
    plain = train(make_experiment(), kind)
    options = (
        {'compression_down': ['identity']} if kind == 'parameter_server' else {'exchange': 'merge'}
    )
    same = train(make_experiment(), kind, compression=['identity'], **options)
    np.testing.assert_array_equal(plain.model, same.model)
    assert plain.summary['bytes'] == same.summary['bytes']
    assert plain.summary['simulated_seconds'] == same.summary['simulated_seconds']


@pytest.mark.parametrize('algorithm', ['ring', 'all_to_all'])
@pytest.mark.parametrize('name', LISTS)
def test_gathering_is_what_a_server_does(make_experiment, train, name, algorithm):
    server = train(make_experiment(sigma=0.5), 'parameter_server', compression=LISTS[name])
    options = {'algorithm': algorithm, 'compression': LISTS[name]}
    ranks = train(make_experiment(sigma=0.5), 'all_reduce', **options)
    np.testing.assert_allclose(server.model, ranks.model, rtol=1e-5, atol=1e-6)
    ratio = server.summary['compression_ratio']
    assert ranks.summary['compression_ratio'] == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize('name', MERGED)
@pytest.mark.parametrize('algorithm', ['ring', 'tree'])
def test_merging_leads_to_the_model_that_gathering_does(make_experiment, train, name, algorithm):
    options = {'algorithm': algorithm, 'compression': LISTS[name]}
    gathered = train(make_experiment(sigma=0.5), 'all_reduce', **options)
    merged = train(make_experiment(sigma=0.5), 'all_reduce', exchange='merge', **options)
    # halves are rounded on the way; factors of a sum are others than the sum of factors
    off = {'float16': 1e-3, 'low_rank': 0.1}.get(name, 1e-6)
    np.testing.assert_allclose(gathered.model, merged.model, atol=off)


def test_sums_grow_as_they_are_merged(make_experiment, train):
    experiment = make_experiment(workers=4, stop={'rounds': 1})
    sizes = sent(experiment, 'all_reduce')
    options = {'compression': [{'top_k': {'count': 1}}], 'algorithm': 'tree', 'exchange': 'merge'}
    train(experiment, 'all_reduce', **options)
    told = 4 + -(-experiment.parameters // 8)  # how many entries, and a bitmap that says which
    one = composed([COMPRESSORS.read({'top_k': {'count': 1}})]).size(experiment.parameters)
    assert sizes[0] == [one, one] == [told + 4] * 2
    assert told + 4 <= sizes[1][0] <= told + 8
    assert told + 4 <= min(sizes[2]) <= max(sizes[2]) <= told + 16
    assert sizes[2] + sizes[3] == [sizes[2][0]] * 3  # the sum of all goes back


def test_low_rank_factors_are_added_up_in_two_phases(make_experiment, train):
    experiment = make_experiment(workers=4, stop={'rounds': 1})
    form = compressor_of(
        [COMPRESSORS.read({'low_rank': {'rank': 1}})], experiment.learning.model, 4
    ).form
    options = {'compression': LISTS['low_rank'], 'exchange': 'merge'}
    trained = train(experiment, 'all_reduce', **options)
    assert trained.summary['bytes'] == 2 * 3 * 4 * sum(form.phases)
    assert trained.summary['messages'] == 2 * (2 * 3 * 4)


@pytest.mark.parametrize('kind', ['parameter_server', 'all_reduce'])
def test_error_feedback_makes_up_for_what_is_left_out(make_experiment, train, kind):
    losses = []
    for feedback in ([], [FEEDBACK]):
        experiment = make_experiment(stop={'rounds': 60}, every=None, rate=0.3)
        choices = [{'top_k': {'count': 1}}, *feedback]
        losses.append(train(experiment, kind, compression=choices).summary['test_loss'])
    assert losses[1] < 0.8 * losses[0]


@pytest.mark.parametrize('clock', ['bsp', 'asp', {'ssp': {'staleness': 1}}])
@pytest.mark.parametrize('servers', [1, 2])
def test_servers_send_updates_and_hold_what_workers_decode(make_experiment, train, clock, servers):
    experiment = make_experiment(sigma=0.5, servers=servers, stop={'rounds': 6})
    models, send = [], experiment.transport.send

    def spy(source, target, size, payload=None, **options):
        if options['kind'] == 'model':
            models.append((options['tag'][1], payload.version, payload.model, size))
        return send(source, target, size, payload, **options)

    experiment.transport.send = spy
    down = [{'top_k': {'count': 1}}, FEEDBACK]
    trained = train(experiment, 'parameter_server', clock=clock, compression_down=down)
    assert trained.summary['compression_down_ratio'] > 1
    by_version = {(shard, version): model for shard, version, model, _ in models}
    for (shard, version), model in by_version.items():
        before = by_version.get((shard, version - 1))
        if version and before is not None:
            assert np.count_nonzero(model != before) <= 1
    for _, version, model, size in models:
        assert size == 4 * len(model) if version == 0 else size <= 4 * len(model)


def test_compressing_costs_its_operations_on_the_device(make_experiment, train):
    plain, packed = make_experiment(sharing='none'), make_experiment(sharing='none')
    train(plain, 'parameter_server')
    train(packed, 'parameter_server', compression=['float16'])
    compressor = compressor_of([COMPRESSORS.read('float16')], packed.learning.model, 4)
    d = packed.parameters
    work, saved = compressor.flops(d) / 1e6, (4 * d - compressor.size(d)) / 1e6
    assert work > 0
    assert packed.clock.now - plain.clock.now == pytest.approx(5 * (work - saved))


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'exchange': 'merge'}, 'give compression'),
        ({'exchange': 'merge', 'compression': ['qsgd']}, 'qsgd sends codes'),
        ({'buckets': 2, 'compression': ['low_rank']}, 'use buckets: 1'),
    ],
)
def test_what_cannot_be_exchanged_is_refused(make_experiment, train, options, said):
    with pytest.raises(ValueError, match=said):
        train(make_experiment(), 'all_reduce', **options)
