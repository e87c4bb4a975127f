"""Makes the random worlds of placements importable as `placement_reference`."""

import sys
from pathlib import Path
from types import ModuleType

_package = ModuleType('placement_reference')
_package.__path__ = [str(Path(__file__).parents[2] / 'placement' / 'reference')]
sys.modules.setdefault('placement_reference', _package)
