"""Makes random worlds and slow references importable as `placement_reference`."""

import sys
from pathlib import Path
from types import ModuleType

_package = ModuleType('placement_reference')
_package.__path__ = [str(Path(__file__).with_name('reference'))]
sys.modules.setdefault('placement_reference', _package)
