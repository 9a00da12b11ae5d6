"""The supervisor: registers, borrows batches, keeps leases, delivers results; it never measures."""
