"""A report while it is written: run again when it is saved, and shown in a browser of this machine.

What is shown is the page that ``reportkit run`` writes. Cells above the first one that changed keep what they gave, so
that a change at the end of a report does not wait for its beginning; ``reportkit run`` runs every cell afresh.
"""
