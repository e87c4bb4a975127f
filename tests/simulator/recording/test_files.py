"""Files that are there and whole, or not there."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import RunFolderError
from simulator.recording.files import make_folder, replacing, write_arrays, write_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_a_failure_in_between_leaves_the_old_file(tmp_path):
    path = tmp_path / 'file'
    path.write_text('old')
    with pytest.raises(ZeroDivisionError), replacing(path) as temporary:
        temporary.write_text('ne')
        _ = 1 / 0
    assert path.read_text() == 'old'
    assert list(tmp_path.iterdir()) == [path]


@settings(max_examples=30, deadline=None)  # it writes files
@given(content=st.dictionaries(st.text(), JSON))
def test_json_reads_back(content, tmp_path_factory):
    path = tmp_path_factory.mktemp('json') / 'file.json'
    write_json(path, content)
    expected = json.loads(json.dumps(content), parse_constant=lambda _: None)
    assert json.loads(path.read_text(encoding='utf-8')) == expected


def test_json_takes_what_numpy_and_the_path_library_make(tmp_path):
    write_json(
        tmp_path / 'file.json',
        {
            'a': np.float32(0.5),
            'b': np.arange(2),
            'c': np.nan,
            'd': Path('x'),
            5: (np.int64(3), np.float64('inf'), np.bool_(True)),
        },
    )
    assert json.loads((tmp_path / 'file.json').read_text()) == {
        'a': 0.5,
        'b': [0, 1],
        'c': None,
        'd': 'x',
        '5': [3, None, True],
    }


def test_arrays_have_the_same_bytes_at_any_time_of_day(tmp_path):
    arrays = {'parameters': np.arange(5, dtype=np.float32), 'state': np.eye(2)}
    write_arrays(tmp_path / 'a.npz', arrays)
    with zipfile.ZipFile(tmp_path / 'a.npz') as archive:
        assert archive.testzip() is None
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with np.load(tmp_path / 'a.npz') as loaded:
        for name, array in arrays.items():
            np.testing.assert_array_equal(loaded[name], array)


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(RunFolderError, match=r'file/x: cannot be written: .*\(--out\)'):
        make_folder(tmp_path / 'file' / 'x')


AS_NOBODY = """
import os, sys
from pathlib import Path
from simulator.errors import RunFolderError
from simulator.recording.files import make_folder
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    make_folder(Path(sys.argv[1]))
except RunFolderError as error:
    sys.exit(0 if 'cannot be written' in str(error) else 2)
sys.exit(1)
"""


@pytest.mark.skipif(os.name != 'posix', reason='rights of POSIX')
@pytest.mark.parametrize('name', ['.', 'new'])
def test_a_folder_without_permission_is_refused(tmp_path, name):
    tmp_path.chmod(0o555)
    try:
        command = [sys.executable, '-c', AS_NOBODY, str(tmp_path / name)]
        assert subprocess.run(command, check=False).returncode == 0
    finally:
        tmp_path.chmod(0o755)
