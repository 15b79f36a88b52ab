"""A catalogue's pictures, from where they lie to the disk: stopped and run again as often as it takes."""
