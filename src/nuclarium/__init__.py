"""nuclarium: from raw microscopy files to published answers about cell nuclei."""
