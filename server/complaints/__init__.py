"""Complaints and suggestions 投诉和建议: received, given to somebody it is not about, replied to, answered in writing, judged by who made it.

Limits: a first reply within 24 hours, an answer within 3 days (at most 7, in writing), as the trade's service grades ask; a case of the
government's hotline 12345 carries its own. Anonymous ones are answered, too; nobody in the office is shown who made them.
"""
