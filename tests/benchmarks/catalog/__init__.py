"""What the catalogue's benchmarks need."""
