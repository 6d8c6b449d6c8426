"""How well raters, or what was inferred of them, meet a truth."""
