"""What a change does to the platform: read from previews and from the plans of both sides."""
