"""AWS: network, cluster, roles, storage."""
