"""Pictures and the page of a batch."""
