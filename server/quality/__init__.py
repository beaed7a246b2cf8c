"""The month report 总结分析: what the month's repairs say, what the manager concludes, and which measures come of it.

Those who may read reports read the figures; the manager decides. Figures are counted by one query, every rate of them is a pure
function. A report of several subjects is a list of sections (`sections.py`): a new subject is a new section.
"""
