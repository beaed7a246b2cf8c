"""The field page that belongs to no feature: the sync centre."""

from server.field.pages import FieldPage, register

register(FieldPage("/field/sync", "field/sync.html", needs=()))
