"""The garment that is sold, cut out of each picture of a product."""
