import numpy as np
import pytest

from simulator.errors import DataError
from simulator.learning import Task
from simulator.learning.data import DATA

HEADER = 'size, colour, kind\n'
ROWS = ''.join(
    f'{n}.5, {"red" if n % 3 else "blue"}, {"cat" if n % 2 else "dog"}\n' for n in range(20)
)


@pytest.fixture
def load(tmp_path):
    def load_text(text, target='kind', **options):
        path = tmp_path / 'table.csv'
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return DATA['csv'](path=str(path), target=target, standardize=False, **options)

    return load_text


def test_text_becomes_classes_and_one_input_a_category(load):
    data = load(HEADER + ROWS)
    assert data.task == Task((3,), 2, True)
    size, blue, red = data.train.inputs.T
    assert (red == (np.floor(size) % 3 > 0)).all()
    assert (blue + red == 1).all()
    assert (data.train.targets == (size % 2 < 1)).all()  # cat, dog


def test_whole_numbers_are_classes_unless_asked_otherwise(load):
    text = 'x,y\n' + ''.join(f'{n},{10 * (n % 2)}\n' for n in range(20))
    assert set(load(text, 'y').train.targets) == {0, 1}
    values = load(text, 'y', kind='values')
    assert values.task == Task((1,), 1, False)
    assert set(values.train.targets.ravel()) == {0.0, 10.0}


def test_real_numbers_are_values(load):
    assert not load(HEADER + ROWS, 'size').task.labels


def test_columns_can_be_dropped(load):
    assert load(HEADER + ROWS, drop=['colour']).task.inputs == (1,)


def test_rows_with_holes_can_be_dropped(load):
    data = load(HEADER + ROWS + '?, red, cat\n99, , cat\n98, red,\n', missing='drop')
    assert max(data.train.inputs[:, 0].max(), data.test.inputs[:, 0].max()) == 19.5


def test_holes_can_be_filled(load):
    data = load(HEADER + '?, NA, cat\n' + ROWS, missing='mean')
    assert data.train.inputs[0].tolist() == [10, 1, 0, 0]  # mean size; NA, blue, red


def test_quotes_separators_and_byte_order_marks_are_understood(load):
    text = '\ufeff"si;ze";kind\n' + ''.join(f'{n};"{n % 2}"\n' for n in range(20))
    assert load(text, separator=';').task == Task((1,), 2, True)


def test_it_is_standardized_by_default(tmp_path):
    path = tmp_path / 'table.csv'
    path.write_text(HEADER + ROWS)
    data = DATA['csv'](path=str(path), target='kind')
    assert data.train.inputs.std(axis=0) == pytest.approx(1)


@pytest.mark.parametrize(
    ('text', 'options', 'message'),
    [
        (HEADER + ROWS + '1, red\n', {}, r'table.csv:22: 2 cells where the header has 3'),
        (HEADER + ROWS + '?, red, cat\n', {}, r":22: column 'size' is empty; set `missing`"),
        (HEADER + ROWS, {'target': 'knid'}, "no column 'knid', did you mean 'kind'"),
        (HEADER + ROWS, {'drop': ['weight']}, "no column 'weight'"),
        (HEADER + ROWS, {'drop': ['size', 'colour']}, "no column but 'kind' is left"),
        (HEADER + ROWS, {'kind': 'values'}, "'kind' holds text, which are no values"),
        (HEADER, {}, 'a header and rows are due'),
        ('', {}, 'a header and rows are due'),
        ('a,a,kind\n1,2,3\n', {}, r"columns \['a'\] stand there twice"),
        (b'\xff\xfe\x00kind', {}, 'no table of text'),
        (HEADER + ROWS.replace('cat', 'dog'), {}, 'nothing to tell apart'),
        ('x,kind\n' + ''.join(f't{n},{n % 2}\n' for n in range(200)), {}, '200 different texts'),
        ('x,kind\n' + '?,1\n' * 9 + '?,0\n' * 9, {'missing': 'mean'}, "'x' is empty; drop it"),
        ('x,kind\n?,1\n?,0\n', {'missing': 'drop'}, 'no row is complete'),
    ],
)
def test_what_is_no_table_is_refused(load, text, options, message):
    with pytest.raises(DataError, match=message):
        load(text, **options)
