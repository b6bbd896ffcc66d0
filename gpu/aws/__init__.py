"""GPU nodes and their fabric on AWS."""
