"""The field pages of reading: my routes, one route, one meter, and what to do where a meter cannot simply be read."""

from server.field.pages import FieldPage, register

NEEDS = ("meter.read",)
ONE = {"route": "meter_route:{route}", "meter": "meter:{meter}"}

register(FieldPage("/field/meters", "field/meters/index.html", NEEDS, every={"routes": "meter_route"}))
register(FieldPage("/field/meters/{route}", "field/meters/route.html", NEEDS, one={"route": "meter_route:{route}"}))
register(FieldPage("/field/meters/{route}/{meter}", "field/meters/meter.html", NEEDS, one=ONE))
register(FieldPage("/field/meters/{route}/{meter}/otherwise", "field/meters/otherwise.html", NEEDS, one=ONE))
register(FieldPage("/field/meters/{route}/{meter}/replacement", "field/meters/replacement.html", NEEDS, one=ONE))
