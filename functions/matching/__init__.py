"""Which product of the catalogue an item is: pure code over cosines, colours and types."""
