"""What everything stands on: settings, bucket, bus, vectors, records, and the stack of one machine."""
