"""What all tests share."""

import os
import signal
import subprocess
from contextlib import suppress

import pytest
from hypothesis import settings

# machines differ, and so do first calls of compiled code: no test is failed for being slow
settings.register_profile('house', deadline=None)
settings.load_profile('house')


@pytest.fixture
def terminal():
    """Return a function that starts a command as a terminal does; it does not outlive the test.

    Ctrl-C reaches it even where the tests themselves ignore it, as what `nohup` or `&` starts does.
    """
    begun = []

    def start(*command, **options):
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored is inherited
        try:
            begun.append(subprocess.Popen(command, start_new_session=True, **options))
        finally:
            signal.signal(signal.SIGINT, before)
        return begun[-1]

    yield start
    for process in begun:
        with process, suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
