"""From marks of many raters to one anchor a nucleus."""
