"""The compiled kernel of the fabric: see ``engine`` for what Python calls."""
