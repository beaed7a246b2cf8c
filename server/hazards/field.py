"""The hazards' pages on the phone, with or without a signal."""

from server.field.pages import FieldPage, register
from server.hazards.finding import READERS

HAZARDS = {"hazards": "hazard"}

register(FieldPage("/field/hazards", "field/hazards/index.html", READERS, every=HAZARDS))
register(FieldPage("/field/hazards/new", "field/hazards/new.html", ("hazard.report",)))
register(FieldPage("/field/hazards/{id}", "field/hazards/show.html", READERS, one={"hazard": "hazard:{id}"}))
register(FieldPage("/field/hazards/{id}/{step}", "field/hazards/step.html", READERS, one={"hazard": "hazard:{id}"}))
