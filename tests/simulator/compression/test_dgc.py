import numpy as np
import pytest

from simulator.compression import dgc


def walk(compressor, gradients):
    state, rng, packets = compressor.init(gradients.shape[1]), np.random.default_rng(0), []
    for gradient in gradients:
        packet, state = compressor.apply(gradient, state, rng)
        packets.append(packet)
    return packets, state


@pytest.fixture
def gradients():
    return np.random.default_rng(0).standard_normal((40, 20)).astype(np.float32)


def test_it_is_the_algorithm_of_its_paper(gradients):
    packets, _ = walk(dgc(4, share=0.1, momentum=0.9, clip=6.0), gradients)
    u = v = np.zeros(20)
    for gradient, packet in zip(gradients, packets, strict=True):
        g = gradient * min(1, 6.0 / 4**0.5 / np.linalg.norm(gradient))
        u = 0.9 * u + g
        v = v + u
        mask = np.abs(v) >= np.sort(np.abs(v))[-2]
        np.testing.assert_allclose(packet.vector, v * mask, rtol=1e-4, atol=1e-6)
        u, v = u * ~mask, v * ~mask


def test_without_momentum_nothing_is_lost(gradients):
    packets, state = walk(dgc(1, share=0.1, momentum=0.0), gradients)
    total = sum(packet.vector.astype(float) for packet in packets) + state.velocity
    np.testing.assert_allclose(total, gradients.sum(axis=0), atol=1e-4)


def test_all_sent_is_plain_momentum(gradients):
    # factor masking forgets the momentum of what is sent, so none is left here
    packets, state = walk(dgc(1, share=1.0), gradients)
    assert all((p.vector == g).all() for p, g in zip(packets, gradients, strict=True))
    assert not state.momentum.any()


def test_the_share_falls_in_four_stages():
    compressor, gradients = dgc(1, share=0.001, warm_up=8), np.ones((10, 1024), np.float32)
    packets, _ = walk(compressor, gradients)
    kept = [len(packet.indices) for packet in packets]
    assert kept == [256, 256, 64, 64, 16, 16, 4, 4, 1, 1]
    assert kept == [compressor.kept(1024, step) for step in range(10)]


def test_a_warm_up_never_goes_below_the_share():
    compressor = dgc(1, share=0.1, warm_up=4)
    assert [compressor.kept(1000, step) for step in range(5)] == [250, 100, 100, 100, 100]
