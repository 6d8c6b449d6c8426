"""How far raters agree, with intervals over fields."""
