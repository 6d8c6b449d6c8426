"""Frozen sets of images with truth: patches, manifest, split, audit, statistics, exchange."""
