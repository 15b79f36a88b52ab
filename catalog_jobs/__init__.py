"""Batch work: training, evaluation and, as the catalogue grows, its import and indexing."""
