"""The doctor: what is wrong with a service or will be, and how to mend each.

findings.py     what a finding is; stand.py  what is looked at; examination.py  all that is looked at, in order
checks_*.py     one function a finding
"""
