"""How good the models are: `python -m catalog_jobs.evaluate --help`."""
