"""Which outline of an anchor is true."""
