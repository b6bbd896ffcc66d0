"""What a ConfigMap can hold."""

CONFIG_MAP_BYTES = 1024 * 1024 - 4096
"""kubernetes.io, "ConfigMaps": 1 MiB; less than that, so that its names and labels fit too."""
