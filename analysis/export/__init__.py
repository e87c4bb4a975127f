"""What a run leaves, in the formats of other tools: tables as CSV, a timeline for trace viewers."""

from analysis.export.tables import write_tables
from analysis.export.timeline import write_timeline

__all__ = ['write_tables', 'write_timeline']
