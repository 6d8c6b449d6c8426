"""Images of nuclei with known truth, made by computation; whatever shows them says so."""
