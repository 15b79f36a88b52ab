"""A shop of drawn garments, made when it is needed, so that a fresh machine has something to match against."""

# Of the folds in the cloth and of the discounts.
DEFAULT_SEED = 5
