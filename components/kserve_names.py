"""Names that KServe gives."""

KSERVE = "serving.kserve.io/v1beta1"
SERVED_LABEL = "serving.kserve.io/inferenceservice"
"""On all that KServe makes of an InferenceService, with the name of that."""
