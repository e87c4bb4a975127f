"""Transformers against their equations, and against torch."""

import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning.models import Task, transformer
from simulator.learning.models.attention import attention, cross_attention, layer_norm
from simulator.learning.models.layer import Aside

RNG = np.random.default_rng(0)
NEXT = Task((6,), 9, tokens=9, steps=6, causal=True)
PAIRS = Task((9,), 7, tokens=7, steps=4, causal=True, source=5)


def softmax(scores):
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def drawn(layer):
    return [RNG.standard_normal(weight.shape) / 2 for weight in layer.weights]


def spoken(queries, keys, values, heads, allowed):
    """Return what attention says, head by head and step by step."""
    parts = []
    for q, k, v in zip(
        *(np.split(each, heads, axis=1) for each in (queries, keys, values)), strict=True
    ):
        scores = np.where(allowed, q @ k.T / np.sqrt(q.shape[1]), -np.inf)
        parts.append(softmax(scores) @ v)
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize('causal', [False, True])
def test_attention_is_a_mean_of_values_weighed_by_what_they_have_to_do_with_a_query(causal):
    layer = attention(5, 6, 3, causal, 'glorot_uniform')
    matrix, bias, out, out_bias = weights = drawn(layer)
    steps = RNG.standard_normal((5, 6))
    q, k, v = np.split(steps @ matrix + bias, 3, axis=1)
    allowed = np.tri(5, dtype=bool) if causal else np.ones((5, 5), bool)
    expected = spoken(q, k, v, 3, allowed) @ out + out_bias
    found = layer.forward([w[None] for w in weights], steps[None, None], Aside(True))[0]
    assert found[0, 0] == pytest.approx(expected)


def test_an_answer_looks_at_its_source():
    layer = cross_attention(4, 3, 6, 2, 'glorot_uniform')
    m_q, b_q, m_kv, b_kv, out, out_bias = weights = drawn(layer)
    steps = RNG.standard_normal((7, 6))
    k, v = np.split(steps[:4] @ m_kv + b_kv, 2, axis=1)
    expected = spoken(steps[4:] @ m_q + b_q, k, v, 2, np.ones((3, 4), bool)) @ out + out_bias
    found = layer.forward([w[None] for w in weights], steps[None, None], Aside(True))[0]
    assert found[0, 0] == pytest.approx(expected)


def test_layer_norm_cares_for_neither_scale_nor_shift_of_a_step():
    layer = layer_norm((4, 5))
    weights = [np.ones((1, 5)), np.zeros((1, 5))]
    steps = RNG.standard_normal((1, 2, 4, 5)) * 100
    normed = layer.forward(weights, steps, Aside(True))[0]
    assert normed.mean(axis=-1) == pytest.approx(0, abs=1e-9)
    assert normed.std(axis=-1) == pytest.approx(1, abs=1e-6)
    moved = layer.forward(weights, 3 * steps + 7, Aside(True))[0]
    assert moved == pytest.approx(normed, abs=1e-6)


def seen_by_answers(model, tokens, vocabulary):
    """Return, for each token, which answers change with it."""
    parameters = model.init(np.random.default_rng(1))[None]
    before = model.outputs(parameters, tokens)
    for place in range(tokens.shape[-1]):
        changed = tokens.copy()
        changed[..., place] = (changed[..., place] + 1) % vocabulary
        yield (model.outputs(parameters, changed) != before).any(axis=-1)[0, 0].tolist()


@pytest.mark.parametrize('norm', ['after', 'before'])
def test_a_decoder_does_not_see_what_it_is_to_tell(norm):
    tokens = RNG.integers(0, 9, (1, 1, 6))
    seen = seen_by_answers(transformer(NEXT, norm=norm, blocks=2), tokens, 9)
    assert list(seen) == [[step >= place for step in range(6)] for place in range(6)]


@pytest.mark.parametrize('norm', ['after', 'before'])
def test_all_answers_see_the_source_and_those_before_them(norm):
    tokens = RNG.integers(0, 7, (1, 1, 9))
    seen = list(seen_by_answers(transformer(PAIRS, norm=norm), tokens, 7))
    assert seen[:5] == [[True] * 4] * 5
    assert seen[5:] == [[step >= place for step in range(4)] for place in range(4)]


def test_an_encoder_sees_all_of_a_sequence():
    tokens = RNG.integers(0, 9, (1, 1, 6))
    model = transformer(Task((6,), 9, tokens=9, steps=6))
    assert all(all(each) for each in seen_by_answers(model, tokens, 9))


@pytest.mark.parametrize('task', [Task((6,), 3, tokens=9), Task((6,), 9, tokens=9, steps=6)])
def test_a_padded_sequence_is_worth_what_it_is_alone(task):
    model = transformer(task, blocks=2)
    parameters = model.init(RNG).astype(float)[None]
    tokens = RNG.integers(0, 9, (1, 1, 6))
    padded = tokens.copy()
    padded[..., 4:] = -1
    alone = model.outputs(parameters, tokens[..., :4])
    found = model.outputs(parameters, padded)
    assert (found[:, :, :4] if task.steps else found) == pytest.approx(alone, rel=1e-9)


def test_order_matters_by_positions_alone():
    model = transformer(Task((6,), 3, tokens=9))
    parameters = model.init(RNG)[None]
    tokens = np.arange(6)[None, None]
    turned = tokens[..., ::-1]
    assert (model.outputs(parameters, tokens) != model.outputs(parameters, turned)).any()


@pytest.mark.parametrize(
    ('task', 'options', 'message'),
    [
        (NEXT, {'width': 9}, r'width\(=9\) is no multiple of heads\(=2\)'),
        (NEXT, {'form': 'encoder'}, 'would see the very tokens'),
        (NEXT, {'form': 'encoder_decoder'}, 'needs a source'),
        (Task((4,), 2), {}, 'no sequences'),
    ],
)
def test_what_can_not_be_is_refused(task, options, message):
    with pytest.raises(DataError, match=message):
        transformer(task, **options)


def test_a_block_agrees_with_torch():
    torch = pytest.importorskip('torch')
    model = transformer(NEXT, width=8, heads=2, feed_forward=5)
    parameters = RNG.standard_normal(model.dimension) / 2
    tokens, targets = RNG.integers(0, 9, (3, 6)), RNG.integers(0, 9, (3, 6))
    parts = {part.name: part for part in model.layers}

    def leaf(part, name, vector=parameters):
        place, shape = parts[part].arrays[name]
        return torch.tensor(vector[place].reshape(shape), requires_grad=True)

    block = torch.nn.TransformerEncoderLayer(
        8, 2, 5, dropout=0.0, batch_first=True, dtype=torch.float64
    )
    names = {
        'self_attn.in_proj_weight': ('3-self_attention', 'queries_keys_values'),
        'self_attn.in_proj_bias': ('3-self_attention', 'queries_keys_values_bias'),
        'self_attn.out_proj.weight': ('3-self_attention', 'output'),
        'self_attn.out_proj.bias': ('3-self_attention', 'output_bias'),
        'norm1.weight': ('3-self_attention', 'scale'),
        'norm1.bias': ('3-self_attention', 'shift'),
        'linear1.weight': ('4-feed_forward', 'hidden_weights'),
        'linear1.bias': ('4-feed_forward', 'hidden_bias'),
        'linear2.weight': ('4-feed_forward', 'output_weights'),
        'linear2.bias': ('4-feed_forward', 'output_bias'),
        'norm2.weight': ('4-feed_forward', 'scale'),
        'norm2.bias': ('4-feed_forward', 'shift'),
    }
    held = dict(block.named_parameters())
    with torch.no_grad():
        for theirs, ours in names.items():
            held[theirs].copy_(torch.tensor(leaf(*ours).detach().numpy().T))
    vectors, out, bias = (
        leaf('1-embedding', 'vectors'),
        leaf('5-dense', 'weights'),
        leaf('5-dense', 'bias'),
    )
    waves = model.layers  # the same table for both, tested by itself
    del waves
    from simulator.learning.models.embedding import wave_table

    mask = torch.nn.Transformer.generate_square_subsequent_mask(6, dtype=torch.float64)
    signal = vectors[torch.tensor(tokens)] + torch.tensor(wave_table(6, 8))
    answers = block(signal, src_mask=mask) @ out + bias
    loss = torch.nn.functional.cross_entropy(answers.flatten(0, 1), torch.tensor(targets).flatten())
    loss.backward()

    found = model.losses_and_gradients(parameters[None], tokens[None], targets[None])
    assert found.losses[0] == pytest.approx(loss.item(), rel=1e-10)
    for theirs, (part, name) in names.items():
        ours = leaf(part, name, found.gradients[0]).detach().numpy()
        assert pytest.approx(held[theirs].grad.numpy(), abs=1e-10) == ours.T
    ours = leaf('1-embedding', 'vectors', found.gradients[0]).detach().numpy()
    assert ours == pytest.approx(vectors.grad.numpy(), abs=1e-10)
