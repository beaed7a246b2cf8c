"""Every setting of Neiye, read from the environment once. A wrong value stops the start with a sentence."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class SettingError(ValueError):
    """A setting in the environment cannot be understood; the message names it and says what is expected."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings. `tests/conventions` checks that the README describes each of the environment names."""

    data_dir: Path
    database_url: str
    pool_size: int
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str
    s3_bucket: str
    s3_region: str
    s3_secure: bool
    secret_key: str
    public_url: str
    trusted_proxies: int
    demo: bool
    field_offline: bool
    password_cost: str


def env_int(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """Return the whole number in `name`, or `default`; raise SettingError outside `least`..`most`."""
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not text.isdigit() or not least <= int(text) <= most:
        raise SettingError(f"{name} must be a whole number from {least} to {most}, not {text!r}")
    return int(text)


def env_bool(environ: Mapping[str, str], name: str, default: bool) -> bool:
    """Return the yes/no in `name`, or `default`; raise SettingError for anything but 1/0/true/false/yes/no."""
    text = environ.get(name, "").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise SettingError(f"{name} must be true or false, not {text!r}")


def env_choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """Return the value of `name`, one of `choices` (the first is the default), or raise SettingError."""
    text = environ.get(name, "").strip() or choices[0]
    if text not in choices:
        raise SettingError(f"{name} must be one of {', '.join(choices)}, not {text!r}")
    return text


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from `environ`; raise SettingError for a value that makes no sense."""
    return Settings(
        data_dir=Path(environ.get("NEIYE_DATA") or ROOT / "var"),
        database_url=environ.get("DATABASE_URL", ""),
        pool_size=env_int(environ, "NEIYE_POOL_SIZE", 10, 1, 200),
        s3_endpoint=environ.get("S3_ENDPOINT", ""),
        s3_access_key=environ.get("S3_ACCESS_KEY", ""),
        s3_secret_key=environ.get("S3_SECRET_KEY", ""),
        s3_bucket=environ.get("S3_BUCKET", "neiye"),
        s3_region=environ.get("S3_REGION", "us-east-1"),
        s3_secure=env_bool(environ, "S3_SECURE", False),
        secret_key=environ.get("SECRET_KEY", ""),
        public_url=environ.get("PUBLIC_URL", "").rstrip("/"),
        trusted_proxies=env_int(environ, "NEIYE_TRUSTED_PROXIES", 0, 0, 10),
        demo=env_bool(environ, "NEIYE_DEMO", False),
        field_offline=env_bool(environ, "NEIYE_FIELD_OFFLINE", True),
        password_cost=env_choice(environ, "NEIYE_PASSWORD_COST", ("owasp", "test")),
    )


settings = read()
