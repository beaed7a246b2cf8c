"""The pages of a round on the phone: they work in a basement."""

from server.field.pages import FieldPage, register

NEEDS = ("patrol.walk",)

register(FieldPage("/field/rounds", "field/rounds/index.html", NEEDS, every={"rounds": "round"}))
register(FieldPage("/field/rounds/{id}", "field/rounds/show.html", NEEDS, one={"round": "round:{id}"}))
register(
    FieldPage(
        "/field/rounds/{id}/points/{point}",
        "field/rounds/point.html",
        NEEDS,
        one={"round": "round:{id}"},
        every={"lists": "checklist"},
    )
)
