"""A supervisor that runs for weeks."""

from benchmarks.agent_memory import footprints

MOST_GROWTH_BYTES = 2_000_000  # a kilobyte a job would be a leak


def test_a_supervisor_holds_no_more_after_thousands_of_jobs_than_after_the_first() -> None:
    early, late = footprints((1000, 3000))
    assert late.rss_bytes - early.rss_bytes < MOST_GROWTH_BYTES
    assert late.open_files <= early.open_files + 4  # of one child, which may be under way
    assert late.threads <= early.threads + 2
