"""The large models of others, on torch: detectors, segmenters and embedders that a shop with a GPU runs."""
