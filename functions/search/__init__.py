"""Search over the garments of all videos, by words and by picture."""
