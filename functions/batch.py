"""The one loop of every function: SQS-shaped batches in, the messages to try again out."""

import errno
from collections.abc import Callable
from typing import Any, Protocol, TypedDict

import structlog

from infra.errors import ErrorCode, ReelwearError

log = structlog.get_logger()


class SqsRecord(TypedDict):
    """The fields of an SQS record that functions read."""

    messageId: str
    body: str
    attributes: dict[str, str]


class SqsEvent(TypedDict):
    """What Lambda hands a function that is fed by a queue."""

    Records: list[SqsRecord]


class BatchItemFailure(TypedDict):
    """One message to be delivered again."""

    itemIdentifier: str


class BatchResponse(TypedDict):
    """What Lambda expects back where partial failure is on."""

    batchItemFailures: list[BatchItemFailure]


class Context(Protocol):
    """What functions use of Lambda's context; a host may also ask to be told why a message failed."""

    @property
    def function_name(self) -> str:
        """The function that runs."""
        ...


Work = Callable[[str, int], None]


def process_batch(event: SqsEvent, context: Context | None, work: Work) -> BatchResponse:
    """Run `work(body, attempt)` for each message; one that fails never takes the others with it.

    Only faults that a retry can mend are handed back to the queue; the rest have been recorded by the
    function, and go to the context's `failed(message_id, error)` where it has one.
    """
    report: Callable[[str, ReelwearError], None] | None = getattr(context, "failed", None)
    failures: list[BatchItemFailure] = []
    for record in event["Records"]:
        attempt = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
        error = attempt_once(work, record["body"], attempt)
        if error is None:
            continue
        if error.is_retryable:
            failures.append({"itemIdentifier": record["messageId"]})
        if report:
            report(record["messageId"], error)
        log.warning(
            "message failed", function=getattr(context, "function_name", ""), message_id=record["messageId"],
            attempt=attempt, code=error.code.code, reason=error.message,
        )  # fmt: skip
    return {"batchItemFailures": failures}


def attempt_once(work: Work, body: str, attempt: int) -> ReelwearError | None:
    """The named error of one piece of work, or None."""
    try:
        work(body, attempt)
    except Exception as fault:  # the border of a function: whatever went wrong, the rest of the batch goes on
        if not isinstance(fault, ReelwearError):
            log.exception("unexpected fault")
        return named(fault)
    return None


def named(fault: Exception) -> ReelwearError:
    """A fault under a name; one that nobody named counts as internal, and is tried again."""
    if isinstance(fault, ReelwearError):
        return fault
    if isinstance(fault, OSError) and fault.errno == errno.ENOSPC:
        return ReelwearError(ErrorCode.DISK_FULL, "the disk is full; free some room and it goes on by itself")
    return ReelwearError(ErrorCode.INTERNAL, f"{type(fault).__name__}: {fault}")


def sqs_event(messages: list[tuple[str, str, int]]) -> SqsEvent:
    """An SQS-shaped batch of (message id, body, attempt)."""
    records: list[Any] = [
        {
            "messageId": message_id,
            "receiptHandle": message_id,
            "body": body,
            "attributes": {"ApproximateReceiveCount": str(attempt)},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        }
        for message_id, body, attempt in messages
    ]
    return {"Records": records}
