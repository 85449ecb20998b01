//! The stock cache in Redis or a Redis Cluster.
