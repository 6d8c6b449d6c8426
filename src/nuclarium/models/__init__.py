"""Networks, their targets and losses, in torch."""
