"""What a rule says of a pool."""

Finding = tuple[str, object, str, str]
"""Key of the pool, what it got, what was expected, and how to fix it."""
