"""GPU and TPU nodes and their fabric on Google Cloud."""
