"""Many raters, one truth: answers, inference of truth, agreement, how many are enough."""
