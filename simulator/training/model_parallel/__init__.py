"""Models split over devices: taken apart into graphs of operations, placed, executed."""
