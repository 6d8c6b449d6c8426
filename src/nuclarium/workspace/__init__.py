"""One function a verb: load, call the step, save, record."""
