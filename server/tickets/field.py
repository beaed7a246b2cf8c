"""The repairs' pages on the phone, with or without a signal."""

from server.field.pages import FieldPage, register

WORK = ("ticket.work",)
ONE = {"ticket": "ticket:{id}"}

ALL = {"tickets": "ticket", "offers": "offer", "hazards": "hazard"}
"""The list is where a repairman begins: it says which hazards wait for him, too."""

register(FieldPage("/field/tickets", "field/tickets/index.html", WORK, every=ALL))
register(FieldPage("/field/tickets/{id}", "field/tickets/show.html", WORK, one=ONE))
register(FieldPage("/field/tickets/{id}/{step}", "field/tickets/step.html", WORK, one=ONE, every={"prices": "prices"}))
register(FieldPage("/field/report", "field/tickets/report.html", (), every={"homes": "home"}))
register(FieldPage("/field/reports", "field/tickets/reports.html", (), every={"reports": "report"}))
