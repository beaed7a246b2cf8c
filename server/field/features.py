"""The features that work on phones without a signal. Importing this registers their documents, pages, operations and reducers."""

import server.field.field
import server.hazards.documents
import server.hazards.field
import server.hazards.operations
import server.hazards.reducers
import server.meters.documents
import server.meters.field
import server.meters.finding
import server.meters.operations
import server.meters.reducers
import server.patrols.documents
import server.patrols.field
import server.patrols.finding
import server.patrols.operations
import server.patrols.reducers
import server.tickets.documents
import server.tickets.field
import server.tickets.operations
import server.tickets.reducers  # noqa: F401
