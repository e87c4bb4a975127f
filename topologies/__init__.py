"""Network topologies as plain networkx graphs."""
