"""The ladder of evidence: from marts' figures to the rows of the impact marts, rung by rung.

Pure functions: frames in, frames out. The arithmetic is `warehouse.statistics`, the words are
`warehouse.impact`; which analysis is made of what, and was fixed beforehand, is written here.
"""
