"""Who can sign in, with what, and from which devices."""

from piccolo.columns import UUID, Boolean, Bytea, Integer, Real
from piccolo.table import Table

from server.communities.tables import Community, Company, Room
from server.lib.columns import id_column, moment, reference, text


class Account(Table, tablename="account"):
    """A login. One account can be a person in several communities (`person.account_id`)."""

    id = id_column()
    company_id = reference(Company, null=True)  #: set for staff of the company
    login = text(60, null=True, unique=True)  #: user name, lower case
    phone = text(20, null=True, unique=True)
    name = text(60)
    password_hash = text(200, null=True)  #: Argon2id; None: passkey only
    must_change_password = Boolean(default=False)
    is_company_admin = Boolean(default=False)  #: reaches every community of the company
    locale = text(8)  #: zh-CN | en
    totp_secret = text(200, null=True)  #: encrypted with the installation's secret key
    totp_confirmed_at = moment(null=True)
    totp_last_step = Integer(default=0)  #: a code works once (RFC 6238 §5.2)
    disabled_at = moment(null=True)
    created_at = moment()


class Session(Table, tablename="session"):
    """A signed-in device. Only the SHA-256 of the cookie is kept; anonymous visitors have no row."""

    token_hash = Bytea(primary_key=True, default=None)
    id = UUID(default=None, unique=True)  #: what screens and the audit call this device by
    account_id = reference(Account)
    community_id = reference(Community, null=True)  #: where the person is working now
    created_at = moment()
    last_seen_at = moment()
    expires_at = moment(index=True)
    ip = text(45)
    user_agent = text(300)
    csrf_secret = text(64)
    second_factor_at = moment(null=True)


class Passkey(Table, tablename="passkey"):
    """A WebAuthn credential of an account."""

    id = id_column()
    account_id = reference(Account)
    credential_id = Bytea(default=None, unique=True)
    public_key = Bytea(default=None)
    sign_count = Integer(default=0)
    transports = text(100, null=True)
    name = text(60)
    backed_up = Boolean(default=False)
    created_at = moment()
    last_used_at = moment(null=True)


class RecoveryCode(Table, tablename="recovery_code"):
    """A one-time code that stands in for the authenticator app when the phone is lost."""

    id = id_column()
    account_id = reference(Account)
    code_hash = Bytea(default=None)
    created_at = moment()
    used_at = moment(null=True)


class Challenge(Table, tablename="challenge"):
    """Something random that waits for its answer: single use, five minutes."""

    id = id_column()
    account_id = reference(Account, null=True)
    kind = text(12)  #: add, sign_in (passkeys), pending (password was right, the second factor is still to come)
    challenge = Bytea(default=None)
    expires_at = moment(index=True)


class JoinCode(Table, tablename="join_code"):
    """A one-time code for one room, printed on a letter or bill; whoever uses it must match the register."""

    id = id_column()
    community_id = reference(Community)
    room_id = reference(Room)
    code_hash = Bytea(default=None, unique=True)
    created_by = UUID(default=None, null=True)
    created_at = moment()
    expires_at = moment()
    used_at = moment(null=True)
    used_by = UUID(default=None, null=True)
    revoked_at = moment(null=True)
    tries = Integer(default=0)  #: people who did not match; after ten the code is dead


class RateBucket(Table, tablename="rate_bucket"):
    """A token bucket: how many more tries a key (account, address) has. Rows, so that all processes share it."""

    key = text(120)
    id = UUID(primary_key=True, default=None)  #: UUIDv5 of the key
    tokens = Real(default=None)
    updated_at = moment(index=True)


class CapabilityGrant(Table, tablename="capability_grant"):
    """One cell of the matrix capability × post of a company; where a company has no row, the default holds."""

    id = id_column()
    company_id = reference(Company)
    post = text(12)
    capability = text(40)
    granted = Boolean(default=None)
