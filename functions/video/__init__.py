"""From a video to its shots and one good frame of each: pure code, and the children it runs in."""
