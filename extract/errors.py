"""The errors of the project, one tree.

MahdarError            the user is told its message, never a traceback
├─ ConfigError     2   a setting, a prompt name or a schema name is wrong
│  └─ WriteError   3   what a run that has begun writes to is full: it goes on once there is room
├─ InputError      2   a document, prompt, schema or gold file cannot be used
├─ EndpointError   3   the endpoint gave no usable reply (status, body, retryable)
├─ ReplyError      4   replies came, none of them valid (attempts)
└─ Stopped       130   a person ended a run
ReplayMiss         5   a request has no recording; a BaseException, so that no
                       retry and no `except Exception` can swallow it

The number is the exit code. A job that finished with failed documents exits 1.
A message says what happened, where, and what to do next.
"""

from __future__ import annotations


class MahdarError(Exception):
    """Base of all errors whose message is written for the user."""

    exit_code = 2


class ConfigError(MahdarError):
    """A setting, or the name of a prompt or schema, cannot be used."""


class WriteError(ConfigError):
    """A run that has begun cannot write any more; what was done is kept, and the same command goes on."""

    exit_code = 3


class InputError(MahdarError):
    """A file that was given as input cannot be used; `kind` names the reason in one word."""

    def __init__(self, message: str, *, kind: str = "input") -> None:
        super().__init__(message)
        self.kind = kind


class EndpointError(MahdarError):
    """The endpoint gave no usable reply.

    `kind` names the cause in one word (refused, dropped, timeout, key, quota, rate, model,
    path, context, refusal, mode, option, server, not_json, request), `status` and `body` are what the
    endpoint said, if it said anything, and `retryable` tells whether the same request may
    succeed later.
    `retry_after_s` is the pause that the endpoint asked for, in seconds.
    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        status: int | None = None,
        body: str = "",
        retryable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.body = body
        self.retryable = retryable
        self.retry_after_s = retry_after_s


class ReplyError(MahdarError):
    """Replies came, none of them valid; `kind` names why the last one was not.

    `rest` is what there is of a JSON object that was cut or is broken.
    """

    exit_code = 4

    def __init__(self, message: str, *, kind: str = "invalid", rest: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.rest = rest


class Stopped(MahdarError):  # noqa: N818  no error, but what somebody wanted
    """A person ended a run before its end; what was done is kept."""

    exit_code = 130


class Interrupted(Exception):  # noqa: N818  no error, but a wish that was met
    """A request was given up because the job is to end; its document is not done and has not failed."""


class ReplayMiss(BaseException):
    """A request has no recording, and replay may not ask the endpoint."""

    exit_code = 5
