"""Correction: fitting entries to whole networks, with errors that were held out. Pure: nothing here asks the database.

Terms: the *share* of an op in an anchor is its entries' sum there, divided by what the anchor was measured at; so a
prediction is 1 where it is right, and all errors are relative.
"""
