"""Labels of nodes that components agree on."""

POOL_LABEL = "ai-platform/pool"
"""Name of the pool that a node belongs to."""
