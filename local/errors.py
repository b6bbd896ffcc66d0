"""What goes wrong in a simulated cluster, said in one message."""

from __future__ import annotations


class ClusterError(Exception):
    """The simulated cluster could not be brought up, read or taken down."""
