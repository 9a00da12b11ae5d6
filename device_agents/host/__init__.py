"""What the host shows and grants: files, cores, locks, counters, caches, memory, GPUs."""
