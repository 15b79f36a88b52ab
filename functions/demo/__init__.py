"""`make demo`: the whole way of a video on this machine, from a reel made on the spot to its report."""
