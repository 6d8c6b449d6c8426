"""Values that carry the system; they know nothing of files, HTTP or torch."""
