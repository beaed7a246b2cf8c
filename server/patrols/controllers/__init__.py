"""Patrols at the desk, over HTTP."""

from server.patrols.controllers.board import Patrols
from server.patrols.controllers.checkpoints import Checkpoints
from server.patrols.controllers.lists import Checklists
from server.patrols.controllers.routes import Routes

PATROL_ROUTES = [Patrols, Checkpoints, Checklists, Routes]
