"""Vectors as pictures: maps, heat maps, sheets of neighbours, near-duplicates and outliers."""
