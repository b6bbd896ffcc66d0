"""The gates: a CrossGuard pack whose rules others can import."""
