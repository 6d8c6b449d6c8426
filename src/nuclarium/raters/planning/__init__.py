"""How many raters are enough, and what to ask an expert next."""
