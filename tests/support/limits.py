"""Limits from both sides: what is refused, and what is still taken."""

import re

import pytest
from macsmith.golden.errors import DesignError


def check(refused, message, taken=None):
    """``refused`` raises DesignError, ``message`` in its one line; ``taken`` raises nothing."""
    with pytest.raises(DesignError, match=re.escape(message)) as error:
        refused()
    assert "\n" not in str(error.value)
    if taken is not None:
        taken()
