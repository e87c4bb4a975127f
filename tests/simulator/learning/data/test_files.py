import gzip
from hashlib import sha256

import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning import Task
from simulator.learning.data import DATA

INPUTS = np.random.default_rng(0).integers(0, 256, (20, 3, 4)).astype(np.uint8)
LABELS = (np.arange(20) % 2).astype(np.uint8)


def as_idx(array):
    kind = {'u1': 8, 'f4': 13}[array.dtype.str[1:]]
    header = bytes([0, 0, kind, array.ndim]) + np.array(array.shape, '>u4').tobytes()
    return header + array.astype(array.dtype.newbyteorder('>')).tobytes()


@pytest.fixture
def write(tmp_path):
    def write_file(name, content):
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write_file


@pytest.fixture
def archive(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / 'a.npz', **arrays)
        return str(tmp_path / 'a.npz')

    return save


@pytest.mark.parametrize('packed', [bytes, gzip.compress])
def test_idx_files_are_read_as_they_are_or_gzipped(write, packed):
    raw = packed(as_idx(INPUTS)), packed(as_idx(LABELS))
    images, labels = write('images', raw[0]), write('labels', raw[1])
    data = DATA['idx'](images=images, labels=labels, test_images=images, test_labels=labels)
    assert data.train.inputs == pytest.approx(INPUTS / 255)
    assert (data.test.targets == LABELS).all()
    assert data.sha256 == sha256(b''.join(raw * 2)).hexdigest()


def test_idx_files_may_hold_real_numbers(write):
    real = (INPUTS - 7.5).astype(np.float32)
    data = DATA['idx'](images=write('i', as_idx(real)), labels=write('l', as_idx(LABELS)))
    assert np.isin(data.train.inputs, real).all()


@pytest.mark.parametrize(
    ('images', 'message'),
    [
        (b'\x89PNG and so on', 'no IDX file: it begins with 89 50 4e 47'),
        (b'', 'no IDX file'),
        (as_idx(INPUTS)[:9], 'cut off within its header'),
        (as_idx(INPUTS)[:-1], '239 bytes of numbers where its header promises 240'),
        (gzip.compress(as_idx(INPUTS))[:-9], 'damaged gzip file'),
        (as_idx(INPUTS[:19]), '19 inputs do not go with 20 targets'),
    ],
)
def test_what_is_no_idx_file_is_refused(write, images, message):
    with pytest.raises(DataError, match=message):
        DATA['idx'](images=write('i', images), labels=write('l', as_idx(LABELS)))


def test_idx_labels_must_be_labels(write):
    with pytest.raises(DataError, match='labels are one whole number a sample'):
        DATA['idx'](images=write('i', as_idx(INPUTS)), labels=write('l', as_idx(INPUTS)))


def test_an_archive_may_bring_its_own_tests_and_names(archive):
    path = archive(x=INPUTS, y=LABELS, vx=INPUTS[:6], vy=LABELS[:6])
    names = {'inputs': 'x', 'targets': 'y', 'test_inputs': 'vx', 'test_targets': 'vy'}
    data = DATA['npz'](path=path, **names)
    assert data.task == Task((3, 4), 2, True)
    assert (data.test.inputs == INPUTS[:6]).all()


@pytest.mark.parametrize('shape', [(20,), (20, 1), (20, 3)])
def test_real_targets_are_values(archive, shape):
    path = archive(inputs=INPUTS, targets=np.random.default_rng(0).random(shape))
    data = DATA['npz'](path=path, standardize=True)
    assert data.task == Task((3, 4), shape[1] if len(shape) > 1 else 1, False)
    assert data.train.targets.mean(axis=0) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ('arrays', 'message'),
    [
        ({'inputs': INPUTS}, "^[^(]*: no array 'targets'"),
        ({'input': INPUTS, 'targets': LABELS}, "no array 'inputs', did you mean 'input'"),
        ({'inputs': np.array([{}]), 'targets': LABELS}, 'no numpy archive of numbers'),
        ({'inputs': INPUTS.astype('U3'), 'targets': LABELS}, 'not numbers'),
        ({'inputs': INPUTS, 'targets': np.where(LABELS, np.inf, 0.0)}, 'targets of sample 1 are'),
        ({'inputs': INPUTS, 'targets': LABELS + 3}, r'these are \[3 4\]'),
    ],
)
def test_an_archive_without_samples_is_refused(archive, arrays, message):
    with pytest.raises(DataError, match=message):
        DATA['npz'](path=archive(**arrays))


def test_files_that_are_not_what_they_should_be_are_refused(write, tmp_path):
    with pytest.raises(DataError, match='no numpy archive'):
        DATA['npz'](path=write('a.npz', b'a,b\n1,2\n'))
    with pytest.raises(DataError, match='No such file'):
        DATA['npz'](path=str(tmp_path / 'missing.npz'))
    np.save(tmp_path / 'bare.npy', INPUTS)
    with pytest.raises(DataError, match='no named arrays'):
        DATA['npz'](path=str(tmp_path / 'bare.npy'))


def test_tests_come_with_their_targets(archive, write):
    with pytest.raises(DataError, match='go together'):
        DATA['npz'](path=archive(inputs=INPUTS), test_inputs='inputs')
    with pytest.raises(DataError, match='go together'):
        DATA['idx'](images='i', labels='l', test_labels='t')
