"""Image to image on the same grid."""
