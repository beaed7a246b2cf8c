"""The front desk 前台: who came, called or wrote, and what became of it; keys that are lent; letters that wait.

The clerk and the manager write here (reception.log); whoever has reception.read looks. A visit becomes a ticket, an answer or a note:
`outcomes.py` is the list of what it can become. Nothing is deleted: an entry is corrected or voided, with its history in the audit.
"""
