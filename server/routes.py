"""Every route handler there is: a feature's controllers are listed here, and nowhere else."""

from typing import Any

from server.accounts.controllers.company import CommunitiesController, MatrixController
from server.accounts.controllers.joining import JoinCodesController, JoinController
from server.accounts.controllers.me import MeController, PasswordController
from server.accounts.controllers.passkeys import PasskeysController
from server.accounts.controllers.second_factor import FactorController, SecondFactorController
from server.accounts.controllers.signing_in import SignInController
from server.accounts.controllers.staff import StaffController
from server.audit.controllers import AuditController
from server.communities.controllers import Register, buildings_page, own_rooms, search_page, spaces_page
from server.communities.importing.controllers import ImportController
from server.communities.person_controllers import People, Reveals
from server.communities.room_controllers import Occupancies, RoomChanges, RoomFiles, end_vehicle
from server.complaints.controllers import Complaints
from server.field.controllers import FIELD_ROUTES
from server.followups.controllers import FollowUps
from server.hazards.controllers import Hazards
from server.hazards.step_controllers import HazardSteps
from server.health import healthz, readyz
from server.home.controllers import home
from server.jobs.controllers import JobsController
from server.meters.controllers import Meters
from server.meters.office_controllers import Periods, Reviews, Routes
from server.notices.controllers import Messages
from server.patrols.controllers import PATROL_ROUTES
from server.pwa.controllers import PwaController
from server.quality.controllers import Measures, Quality
from server.reception.controllers import Reception
from server.reception.keys_controllers import Keys, Letters
from server.scanning.controllers import Claims, Scans
from server.scanning.office_controllers import Labels, alike_hints, say_too
from server.security.settings_page import settings_page
from server.storage.controllers import Photos
from server.sync.controllers import Blobs, Sync
from server.sync.phones_controllers import Phones
from server.tickets.board_controllers import Board
from server.tickets.controllers import Tickets
from server.tickets.office_controllers import OfficeSteps
from server.tickets.owner_controllers import OwnerSteps
from server.tickets.settings_controllers import RepairSettings
from server.tickets.step_controllers import Steps

ROUTES: list[Any] = [
    healthz,
    readyz,
    Photos,
    PwaController,
    AuditController,
    JobsController,
    ImportController,
    Register,
    RoomFiles,
    RoomChanges,
    Occupancies,
    end_vehicle,
    People,
    Reveals,
    buildings_page,
    spaces_page,
    search_page,
    own_rooms,
    settings_page,
    SignInController,
    MeController,
    PasswordController,
    PasskeysController,
    SecondFactorController,
    FactorController,
    JoinController,
    JoinCodesController,
    StaffController,
    MatrixController,
    CommunitiesController,
    home,
    *PATROL_ROUTES,
    Board,
    Tickets,
    Steps,
    OfficeSteps,
    OwnerSteps,
    RepairSettings,
    Complaints,
    FollowUps,
    Scans,
    Claims,
    Labels,
    alike_hints,
    say_too,
    Reception,
    Keys,
    Letters,
    Hazards,
    HazardSteps,
    Meters,
    Reviews,
    Periods,
    Routes,
    Quality,
    Measures,
    Messages,
    Sync,
    Blobs,
    Phones,
    *FIELD_ROUTES,
]
