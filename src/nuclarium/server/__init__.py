"""The annotation studio's server: one process that many browsers talk to."""
