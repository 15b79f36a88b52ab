"""Model cards and the table of the docs, written from what was measured: `python -m catalog_jobs.cards --help`."""
