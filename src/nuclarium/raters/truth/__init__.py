"""One truth from answers that differ: seven methods behind one function."""
