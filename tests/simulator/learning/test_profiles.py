"""What is known of large models, against the figures their authors and libraries publish."""

import pytest

from simulator.learning.profiles import PROFILES

# billions of multiplications and additions, counted as pairs, for one image
PAIRS = {
    'alexnet': 0.714,
    'vgg16': 15.47,
    'resnet50': 4.09,
    'resnet152': 11.51,
    'vit_base': 17.56,
}


@pytest.mark.parametrize(('name', 'pairs'), PAIRS.items())
def test_operations_are_two_a_pair(name, pairs):
    assert PROFILES[name]().flops == pytest.approx(2e9 * pairs, rel=2e-3)


@pytest.mark.parametrize('name', PROFILES)
def test_stages_make_the_whole(name):
    profile = PROFILES[name]()
    assert profile.parameters == sum(stage.parameters for stage in profile.stages)
    assert profile.flops == sum(stage.flops for stage in profile.stages)
    assert all(stage.parameters > 0 for stage in profile.stages)


@pytest.mark.parametrize('name', ['bert_base', 'bert_large', 'gpt2', 'gpt2_xl'])
def test_a_token_costs_about_twice_the_parameters(name):
    """Kaplan et al. 2020: 2 operations a parameter and token, attention aside."""
    profile = PROFILES[name]()
    tokens = 512 if name.startswith('bert') else 1024
    assert profile.flops / tokens == pytest.approx(2 * profile.parameters, rel=0.2)
