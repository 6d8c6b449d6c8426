"""What differs between conditions, with nuclei of one group not taken as independent."""
