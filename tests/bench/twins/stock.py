"""The same page in stock Django: the middleware of a new project and gzip, its ORM, its templates, sessions in the database.

`python -m tests.bench.twins.stock` makes Django's own tables (in a schema of their own) and prints a session's key.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import django
from django.conf import settings

HERE = Path(__file__).parent
ROWS = 36
MENU = [
    ("/", "工作台"),
    ("/rooms", "房产档案"),
    ("/tickets", "工单"),
    ("/messages", "消息"),
    ("/settings", "设置"),
    ("/me", "我的"),
]
MIDDLEWARE = [
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]


def configure() -> None:
    """Set Django up for the database in DATABASE_URL."""
    url = urlsplit(os.environ["DATABASE_URL"])
    settings.configure(
        DEBUG=False,
        SECRET_KEY="only for measuring on this machine",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
        ],
        MIDDLEWARE=MIDDLEWARE,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": url.path[1:],
                "USER": url.username,
                "PASSWORD": url.password or "",
                "HOST": url.hostname,
                "PORT": url.port,
                "CONN_MAX_AGE": 600,
                "OPTIONS": {"options": "-c neiye.reach=* -c search_path=stock,public"},
            }
        },
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HERE / "templates"],
                "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},  # templates are cached, as DEBUG is off
            }
        ],
        LANGUAGE_CODE="zh-hans",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


if not settings.configured:
    configure()

from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path


class Community(models.Model):
    """A community."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=60)

    class Meta:
        app_label, db_table, managed = "stock", "community", False


class Building(models.Model):
    """A building."""

    id = models.UUIDField(primary_key=True)
    community = models.ForeignKey(Community, models.CASCADE)
    name = models.CharField(max_length=40)

    class Meta:
        app_label, db_table, managed = "stock", "building", False


class Room(models.Model):
    """A room; only the columns that the page shows, so that no more are read."""

    id = models.UUIDField(primary_key=True)
    community = models.ForeignKey(Community, models.CASCADE)
    building = models.ForeignKey(Building, models.CASCADE)
    label = models.CharField(max_length=60)
    code = models.CharField(max_length=40)
    sort = models.CharField(max_length=40)
    floor = models.IntegerField()
    gross_area = models.DecimalField(max_digits=10, decimal_places=2)
    vacancy = models.CharField(max_length=12)
    note = models.TextField(null=True)

    class Meta:
        app_label, db_table, managed = "stock", "room", False


def list_of_rooms(request: HttpRequest, building_id: UUID) -> HttpResponse:
    """Show the first rooms of a building."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    building = get_object_or_404(Building.objects.select_related("community"), id=building_id)
    rooms = Room.objects.filter(community=building.community, building=building)
    context: dict[str, Any] = {
        "building": building,
        "community": building.community,
        "total": rooms.count(),
        "rooms": rooms.order_by("sort")[:ROWS],
        "menu": MENU,
        "path": request.path,
    }
    return render(request, "twins/django.html", context)


urlpatterns = [path("bench/<uuid:building_id>", list_of_rooms)]


def create() -> Any:
    """Return the WSGI application."""
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def prepare() -> str:
    """Make Django's tables and somebody who is signed in; return the session's key."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    with connection.cursor() as cursor:
        cursor.execute("create schema if not exists stock")
    call_command("migrate", verbosity=0)
    user = get_user_model().objects.create_user("bench", first_name="测速")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


if __name__ == "__main__":
    print(prepare())
