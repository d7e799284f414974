"""Tables that no single machine holds: shards compressed by the workers of a cluster, each where it is."""
