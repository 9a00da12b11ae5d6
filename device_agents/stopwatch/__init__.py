"""The stopwatch: warm-up, calibration, stop rule, verdict; pure, the clock handed in, the only place that times.

instruments.py  what is read: clock, contention counters
rules.py        the measuring protocol's numbers
sample.py       one sample: `inner_loops` runs between two readings
inner_loop.py   how many runs a sample needs; warmup.py  when a workload runs steadily
series.py       one workload's samples, in rounds; verdict.py  how far they can be trusted
rounds.py       many workloads, interleaved
"""
