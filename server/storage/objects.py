"""The object store: photos and files as S3 objects under random keys, in MinIO or in the embedded gateway.

We rely only on what both of them do: put, get with a range, stat, remove, list. No conditional put, no versioning, no
lifecycle: keys are never used twice, and how long something is kept is decided in our database.
The minio client is synchronous; its calls run in a small thread pool of their own, so that a store that hangs
holds up photos and nothing else. The client takes long to import, so only the first use of the store does.
"""

import asyncio
import datetime as dt
import io
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar
from uuid import UUID, uuid4

import msgspec

from server.config import settings
from server.embedded import s3 as embedded

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

THREADS = 8
CONNECT_SECONDS = 3.0
READ_SECONDS = 20.0
PHOTOS = "photos/"
THUMB = "-thumb"
NOT_THERE = frozenset({"NoSuchKey", "NoSuchObject", "ResourceNotFound"})


class StorageUnavailable(Exception):
    """The object store cannot be reached or refuses to work; nothing was stored. What to do: try again later."""


class ObjectMissing(LookupError):
    """There is no object with this key."""


class Stat(msgspec.Struct, frozen=True):
    """What the store knows of an object: its key, size in bytes and the time (UTC) it was written."""

    key: str
    size: int
    written_at: dt.datetime


def new_key(community_id: UUID | str, at: dt.datetime | None = None) -> str:
    """Return a new, unguessable key `photos/community/yyyy/mm/random` (UTC month of `at`, default: now)."""
    moment = at or dt.datetime.now(dt.UTC)
    return f"{PHOTOS}{community_id}/{moment:%Y/%m}/{uuid4().hex}"


def thumb_key(key: str) -> str:
    """Return the key of the thumbnail that goes with the photo at `key`."""
    return key + THUMB


class ObjectStore:
    """The bucket. Every method raises StorageUnavailable when the store does not answer as it should.

    `flush` brings the store's files to the disk where the store does not do so itself (the embedded gateway).
    """

    def __init__(
        self,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        *,
        region: str,
        secure: bool,
        flush: Callable[[], None] | None = None,
    ) -> None:
        self.bucket = bucket
        import urllib3
        from minio import Minio

        self.flush = Flushes(flush) if flush else None
        self.endpoint = endpoint
        pool = urllib3.PoolManager(
            maxsize=THREADS,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            # Once more for a connection the store closed while it lay in the pool: our puts are idempotent.
            retries=urllib3.Retry(total=1, backoff_factor=0.1, allowed_methods=None, status=0),
        )
        # With the region given nothing is asked before a request is signed.
        self.client = Minio(
            endpoint, access_key=access_key, secret_key=secret_key, region=region, secure=secure, http_client=pool
        )
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="s3")

    async def _run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `call` in a thread of ours; turn everything that can go wrong into our two exceptions."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, partial(call, *args, **kwargs))
        except Exception as error:
            raise self._meaning(error) from error

    def _meaning(self, error: Exception) -> Exception:
        """Return what an error of the client's means to us; one that it does not raise for the store stays itself."""
        from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
        from urllib3.exceptions import HTTPError

        if isinstance(error, S3Error):
            if error.code in NOT_THERE:
                return ObjectMissing(error.object_name)
            logger.warning("the object store refused: %s", error)
            return StorageUnavailable(str(error.code))
        if isinstance(error, MinioException | InvalidResponseError | ServerError | HTTPError | OSError):
            logger.warning("the object store at %s does not answer: %s", self.endpoint, error)
            return StorageUnavailable(type(error).__name__)
        return error

    async def make_bucket(self) -> None:
        """Make the bucket unless it is there."""
        await self._run(self._make_bucket)

    def _make_bucket(self) -> None:
        if not self.client.bucket_exists(self.bucket):
            self.client.make_bucket(self.bucket)

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store `data` under `key`. When this returns, the bytes survive kill -9 and, embedded, a power cut."""
        await self._run(self._put, key, data, content_type)

    def _put(self, key: str, data: bytes, content_type: str) -> None:
        self.client.put_object(self.bucket, key, io.BytesIO(data), len(data), content_type)
        if self.flush is not None:
            self.flush()

    async def get(self, key: str, start: int = 0, length: int = 0) -> bytes:
        """Return `length` bytes (0: all that follow) of an object from `start` on; raise ObjectMissing."""
        return await self._run(self._get, key, start, length)

    def _get(self, key: str, start: int, length: int) -> bytes:
        response = self.client.get_object(self.bucket, key, offset=start, length=length)
        try:
            return response.read()
        finally:
            response.close()
            response.release_conn()

    async def stat(self, key: str) -> Stat:
        """Return size and time of an object; raise ObjectMissing."""
        found = await self._run(self.client.stat_object, self.bucket, key)
        return Stat(key, found.size or 0, found.last_modified or dt.datetime.now(dt.UTC))

    async def remove(self, keys: Iterable[str]) -> int:
        """Remove objects, a thousand a request; those that are gone already are no error. Return how many keys."""
        return await self._run(self._remove, list(keys))

    def _remove(self, keys: list[str]) -> int:
        from minio.deleteobjects import DeleteObject

        for error in self.client.remove_objects(self.bucket, [DeleteObject(key) for key in keys]):
            if error.code not in NOT_THERE:
                raise StorageUnavailable(f"{error.code}: {error.name}")
        return len(keys)

    async def listing(self, prefix: str = "", after: str = "", limit: int = 1000) -> list[Stat]:
        """Return up to `limit` objects below `prefix`, in the order of their keys, from behind the key `after`."""
        return await self._run(self._listing, prefix, after, limit)

    def _listing(self, prefix: str, after: str, limit: int) -> list[Stat]:
        return list(first(limit, self._walk(prefix, after)))

    def _walk(self, prefix: str, after: str) -> Iterator[Stat]:
        found = self.client.list_objects(self.bucket, prefix=prefix, recursive=True, start_after=after or None)
        for item in found:
            if not item.is_dir and item.object_name:
                yield Stat(item.object_name, item.size or 0, item.last_modified or dt.datetime.now(dt.UTC))

    async def healthy(self, seconds: float = 3.0) -> bool:
        """Whether the bucket is there and the store answers within `seconds`."""
        try:
            return await asyncio.wait_for(self._run(self.client.bucket_exists, self.bucket), seconds)
        except (StorageUnavailable, TimeoutError):
            return False

    def close(self) -> None:
        """Let the threads and connections go."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.client._http.clear()  # it has no public way to close its pool


def first(limit: int, things: Iterator[Stat]) -> Iterator[Stat]:
    """Yield the first `limit` of `things`."""
    for _ in range(limit):
        try:
            yield next(things)
        except StopIteration:
            return


class Flushes:
    """Brings what was written to the disk, one call for all threads that wait: a call that has begun may miss what came later."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.changed = threading.Condition()
        self.asked = 0
        self.done = 0
        self.busy = False

    def __call__(self) -> None:
        """Return when everything written before this call is on the disk; raise OSError when that fails."""
        with self.changed:
            self.asked += 1
            mine = self.asked
            while self.done < mine:
                if self.busy:
                    self.changed.wait()
                else:
                    self._flush_for_all()

    def _flush_for_all(self) -> None:
        """Flush once, for everybody who has asked until now; the caller holds the lock."""
        self.busy, reached = True, self.asked
        self.changed.release()
        try:
            self.call()
        except BaseException:
            reached = 0  # nobody is served: each tries for itself
            raise
        finally:
            self.changed.acquire()
            self.busy, self.done = False, max(self.done, reached)
            self.changed.notify_all()


def embedded_flush() -> Callable[[], None] | None:
    """Return what brings the embedded gateway's files to the disk; None when the store is somebody else's."""
    secret = settings.data_dir / "secrets" / "s3_access_key"
    try:
        ours = secret.read_text().startswith(settings.s3_access_key) and bool(settings.s3_access_key)
    except OSError:
        return None
    return partial(embedded.flush, settings.data_dir / "s3") if ours else None


@lru_cache(maxsize=1)
def object_store() -> ObjectStore:
    """Return the one store of this process, as the settings say."""
    return ObjectStore(
        settings.s3_endpoint,
        settings.s3_access_key,
        settings.s3_secret_key,
        settings.s3_bucket,
        region=settings.s3_region,
        secure=settings.s3_secure,
        flush=embedded_flush(),
    )
