"""Pages for a browser: one file each, without scripts, fonts or requests."""
