"""Mailboxes match by tag and source, first come, first served."""

import simpy
from hypothesis import given
from hypothesis import strategies as st

from simulator.transport import Mailbox, Message


def letter(source, tag='t', payload=None):
    return Message(simpy.Environment(), source, 0, 1.0, tag, payload)


def test_what_came_first_is_received_first():
    box = Mailbox(simpy.Environment())
    for payload in 'abc':
        box.put(letter(1, payload=payload))
    assert [box.get('t').value.payload for _ in range(3)] == ['a', 'b', 'c']


def test_who_waited_first_is_served_first():
    box = Mailbox(simpy.Environment())
    first, second = box.get('t'), box.get('t')
    box.put(letter(1))
    assert (first.triggered, second.triggered) == (True, False)


def test_a_receiver_gets_only_what_it_asks_for():
    box = Mailbox(simpy.Environment())
    wanted = box.get('model', source=3)
    box.put(letter(3, tag='gradient'))
    box.put(letter(2, tag='model'))
    assert not wanted.triggered
    box.put(letter(3, tag='model'))
    assert wanted.value.source == 3
    assert len(box) == 2


def test_who_gives_up_misses_nothing_for_others():
    box = Mailbox(simpy.Environment())
    first, second = box.get('t'), box.get('t')
    box.cancel(first)
    box.put(letter(1))
    assert (first.triggered, second.triggered) == (False, True)
    assert not list(box.waiting)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.sampled_from('ab'))))
def test_no_message_is_lost_or_received_twice(actions):
    box = Mailbox(simpy.Environment())
    receipts, sent = [], 0
    for puts, source, tag in actions:
        if puts:
            box.put(letter(source, tag, payload=sent))
            sent += 1
        else:
            receipts.append((box.get(tag, source=source or None), tag, source or None))
    received = [(event.value, tag, source) for event, tag, source in receipts if event.triggered]
    assert len({message.payload for message, _, _ in received}) == len(received)
    assert len(received) + len(box) == sent
    for message, tag, source in received:
        assert message.tag == tag
        assert source is None or message.source == source
