import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.compression import Floats, Scattered, Sparse

FORMS = [Sparse(), Sparse(Floats('float16'))]


@st.composite
def entries(draw):
    d = draw(st.integers(0, 300))
    kept = draw(st.integers(0, d))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return d, np.sort(rng.choice(d, kept, replace=False)), rng.standard_normal(kept, np.float32)


@given(entries(), st.sampled_from(FORMS))
def test_the_shortest_layout_is_taken_and_can_be_read(case, form):
    d, indices, values = case
    content = Scattered(indices, form.numbers.content(values))
    data, item, kept = form.encode(content, d), form.numbers.itemsize, len(indices)
    shortest = min(4 * kept + item * kept, -(-d // 8) + item * kept, item * d)
    assert len(data) == form.size(d, kept) == 4 + shortest
    assert form.sizes(np.array([d]), np.array([kept])).tolist() == [len(data)]
    decoded = form.decode(data, d)
    assert form.vector(decoded, d).tobytes() == form.vector(content, d).tobytes()
    if form.layout(d, kept) != 'all':
        assert decoded.indices.tolist() == indices.tolist()


def test_what_was_sent_whole_stays_whole():
    form = Sparse()
    data = form.encode(Scattered(np.arange(99), np.ones(99, np.float32)), 100)
    again = form.encode(form.decode(data, 100), 100)
    assert len(again) == len(data) == 404
