"""The stopwatch: warm-up, calibration, stop rule, verdict; pure, the clock handed in, the only place that times.

instruments.py  what is read: clock, contention counters
rules.py        the measuring protocol's numbers
windows.py      what lies between two readings of the clock: many runs hot, each run alone cold, a device's own clock
sample.py       one sample: `inner_loops` runs, and whether anything disturbed them
inner_loop.py   how many runs a sample needs; warmup.py  when a workload runs steadily
reference.py    the reference op: whether the machine keeps its speed
record.py       a workload's rounds, and which of them count; contention.py  what else went on meanwhile
stop_rule.py    when samples suffice; verdict.py  how far they can be trusted
series.py       one workload's measurement, in rounds; rounds.py  many workloads, interleaved
"""
