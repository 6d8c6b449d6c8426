"""One row a nucleus, units in the column names."""
