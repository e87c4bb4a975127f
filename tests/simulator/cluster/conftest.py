"""Makes the slow reference implementations importable as `cluster_reference`."""

import sys
from pathlib import Path
from types import ModuleType

_package = ModuleType('cluster_reference')
_package.__path__ = [str(Path(__file__).with_name('reference'))]
sys.modules.setdefault('cluster_reference', _package)
