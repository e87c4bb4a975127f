"""The id of a run changes with everything that can change its outcome."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.recording import identity
from simulator.recording.identity import run_id, source_digest

PIECES = st.tuples(
    st.binary(), st.binary(), st.lists(st.binary(), max_size=3), st.lists(st.binary(), max_size=3)
)


@given(PIECES, PIECES)
def test_an_id_stands_for_its_inputs(one, other):
    assert (run_id(*one) == run_id(*other)) == (one == other)
    assert len(run_id(*one)) == 12
    assert int(run_id(*one), 16) >= 0


def test_the_source_is_the_python_files_of_the_packages(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(identity, 'PACKAGES', ('pretended_package',))
    package = tmp_path / 'pretended_package'
    (package / 'inner').mkdir(parents=True)
    (package / '__init__.py').touch()

    def digest():
        source_digest.cache_clear()
        return source_digest()

    seen = [digest()]
    (package / 'inner' / 'a.py').write_text('x = 1')
    seen.append(digest())
    (package / 'inner' / 'a.py').write_text('x = 2')
    seen.append(digest())
    (package / 'inner' / 'a.py').rename(package / 'a.py')
    seen.append(digest())
    assert len(set(seen)) == 4
    (package / 'notes.txt').touch()
    assert digest() == seen[-1]
    source_digest.cache_clear()
