"""Names that Kueue gives, and those that we give to it."""

KUEUE = "kueue.x-k8s.io/v1beta2"
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
PRIORITY_LABEL = "kueue.x-k8s.io/priority-class"
LOCAL_QUEUE = "default"
"""Kueue sends workloads without a queue's name to the local queue of this name, so none escapes quota."""
