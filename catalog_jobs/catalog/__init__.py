"""A shop's catalogue: read, fetched, cut, indexed and matched against."""
