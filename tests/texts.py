"""Texts of any characters."""

from __future__ import annotations

from hypothesis import strategies as st

# All that UTF-8 can say. Unnamed, hypothesis tries each of Unicode's for it: a second in a new checkout.
_CHARACTERS = st.characters(exclude_categories=["Cs"])


def any_text(max_size: int) -> st.SearchStrategy[str]:
    return st.text(_CHARACTERS, max_size=max_size)
