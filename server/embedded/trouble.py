"""What a person at the terminal is told when something cannot go on: a sentence, never a traceback."""

import errno
from pathlib import Path


class Trouble(Exception):
    """Stops a command with exit code 1. `zh` and `en` say the same thing: what is wrong and what to do about it."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")
        self.zh = zh
        self.en = en


REASONS = {
    errno.ENOSPC: ("磁盘已满，请先清理出空间", "the disk is full: free some space first"),
    errno.EDQUOT: ("磁盘配额已用完，请先清理出空间", "the disk quota is used up: free some space first"),
    errno.EROFS: (
        "所在磁盘是只读的，请换一个可写的文件夹",
        "it is on a read-only file system: choose a writable folder",
    ),
    errno.EACCES: (
        "当前用户没有权限，请换一个文件夹或调整权限",
        "this user may not use it: choose another folder or change its permissions",
    ),
    errno.EPERM: (
        "当前用户没有权限，请换一个文件夹或调整权限",
        "this user may not use it: choose another folder or change its permissions",
    ),
    errno.ENOTDIR: ("路径中有一段不是文件夹", "a part of the path is not a folder"),
    errno.EEXIST: ("已有同名的文件，它不是文件夹", "a file of that name exists and is not a folder"),
}


def explain(path: Path, error: OSError) -> Trouble:
    """Return the Trouble that says why `path` cannot be used, from the error the system gave."""
    zh, en = REASONS.get(error.errno or 0, (f"系统返回：{error.strerror}", f"the system says: {error.strerror}"))
    return Trouble(f"无法使用 {path}：{zh}。", f"Cannot use {path}: {en}.")
