"""The model server with large models, measured: random models, keyframes, load, baselines, and the table."""
