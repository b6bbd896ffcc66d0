"""What makes GPUs and their networks usable on nodes: operators, drivers, device plugins."""
