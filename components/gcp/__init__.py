"""Google Cloud: network, cluster, roles, storage."""
