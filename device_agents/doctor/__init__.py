"""The doctor: what makes this host a bad stopwatch, how to mend each, and how far two tables of it will differ.

findings.py     what a finding is; stand.py  what is looked at; examination.py  all that is looked at, in order
checks_*.py     one function a finding, over files alone
noise.py        the noise floor: a short real measurement, several times over, each in a fresh process
"""
