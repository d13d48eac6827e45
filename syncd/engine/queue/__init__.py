"""The work queue: which links to look at, and when. `port` is the seam, `embedded` runs on the store's own rows."""
