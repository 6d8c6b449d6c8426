"""Images to labels with an exported model; no torch."""
