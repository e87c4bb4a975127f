"""What all sections of a scenario have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ['Section']


class Section(BaseModel):
    """A mapping of a scenario: unknown keys are refused, values are not converted."""

    model_config = ConfigDict(
        extra='forbid',
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )
