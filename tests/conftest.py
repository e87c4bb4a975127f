"""What all tests share."""

from hypothesis import settings

# machines differ, and so do first calls of compiled code: no test is failed for being slow
settings.register_profile('house', deadline=None)
settings.load_profile('house')
