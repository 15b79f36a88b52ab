"""Garments: their types, colours and crops, and one item of many sightings."""
